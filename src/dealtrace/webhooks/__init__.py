"""Webhooks: their events, when deliveries are retried, and how they are formatted and signed."""
