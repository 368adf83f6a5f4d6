"""E-mails to people: their recipients, their texts, and when a failed e-mail is sent again."""
