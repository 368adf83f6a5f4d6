"""What the product can do with sites, users, tokens and custom fields, one verb per file."""
