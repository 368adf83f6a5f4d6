"""What the product can do with sites, users, tokens and custom fields; each file has one kind of operation."""
