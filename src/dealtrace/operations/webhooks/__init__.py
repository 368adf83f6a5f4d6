"""What the product can do with webhooks and their deliveries, one verb per file."""
