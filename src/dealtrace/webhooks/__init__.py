"""Webhooks: their events, when a failed delivery is retried, and how messages are formatted and signed."""
