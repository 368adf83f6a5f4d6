"""What the product can do with deals, one verb per file."""
