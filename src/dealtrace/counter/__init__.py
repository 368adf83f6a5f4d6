"""The visit counter: the script that web pages load, and the endpoints to which the script reports."""
