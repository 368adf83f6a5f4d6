"""What the product can do with e-mails; each file has one kind of operation."""
