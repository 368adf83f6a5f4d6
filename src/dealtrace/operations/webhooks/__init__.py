"""What can be done with webhooks and their deliveries, a verb per file."""
