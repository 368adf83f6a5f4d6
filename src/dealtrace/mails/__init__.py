"""E-mails to people: the server that sends them, their recipients and texts, and when a failed e-mail is sent again."""
