"""Background work of the server: sending webhooks."""
