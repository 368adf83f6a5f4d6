"""Webhooks and the outbox of what they are still to be sent."""
