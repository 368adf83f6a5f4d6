"""What the product can do with calls and lead requests, one verb per file."""
