"""The visit counter: the script that pages load, and the endpoints it reports to."""
