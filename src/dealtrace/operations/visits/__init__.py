"""What the product can do with visits; each file has one kind of operation."""
