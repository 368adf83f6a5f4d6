"""What webhooks are told of, when they are tried again, and how a delivery is written and signed."""
