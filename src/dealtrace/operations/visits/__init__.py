"""What the product can do with visits, one verb per file."""
