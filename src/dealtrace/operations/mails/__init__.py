"""What the product can do with mails, one verb per file."""
