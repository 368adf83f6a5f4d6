"""The visit counter: the script of a page, and where it reports."""
