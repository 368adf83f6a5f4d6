"""What the product can do with alerts, one verb per file."""
