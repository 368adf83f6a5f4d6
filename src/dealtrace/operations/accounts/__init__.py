"""What can be done with sites, users, tokens and custom fields, a verb per file."""
