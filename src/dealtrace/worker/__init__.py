"""The background work of the server: sending webhooks and e-mails, and checking alert rules."""
