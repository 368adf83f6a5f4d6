"""Tables that people bring in files: what their headings and cells mean, in words of the trade."""
