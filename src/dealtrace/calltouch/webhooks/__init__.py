"""What webhooks are sent: the keys in their order, and the values as captured deliveries have them."""
