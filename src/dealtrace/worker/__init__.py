"""The background work of the server: sending webhooks and mails, and checking alert rules."""
