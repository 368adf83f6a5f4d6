"""The bodies of webhooks, with the same keys in the same order as the vendor's deliveries."""
