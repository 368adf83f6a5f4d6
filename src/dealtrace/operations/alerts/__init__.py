"""What the product can do with alerts; each file has one kind of operation."""
