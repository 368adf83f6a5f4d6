"""Sites, the users and tokens with access to them, and their webhooks."""
