"""What the product can do with mails; each file has one kind of operation."""
