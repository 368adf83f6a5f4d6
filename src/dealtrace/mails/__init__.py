"""E-mails to people: the mail server, the recipients, the contents, and when a failed e-mail is sent again."""
