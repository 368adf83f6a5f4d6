"""What the product can do with calls and lead requests; each file has one kind of operation."""
