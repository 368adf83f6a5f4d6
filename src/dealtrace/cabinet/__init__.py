"""The cabinet: web pages for people."""
