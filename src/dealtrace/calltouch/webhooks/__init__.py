"""The messages that webhooks send, with the same keys in the same order as in the vendor's deliveries."""
