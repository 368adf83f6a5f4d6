"""The bodies of webhooks, with the keys and the order of captured deliveries."""
