"""What the product can do with webhooks and their deliveries; each file has one kind of operation."""
