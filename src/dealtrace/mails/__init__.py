"""E-mails to people: the mail server, their recipients, their texts, and when a failed e-mail is sent again."""
