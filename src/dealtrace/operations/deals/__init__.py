"""What the product can do with deals; each file has one kind of operation."""
