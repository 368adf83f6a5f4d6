"""Sites and their webhooks, and the users and tokens that have access to sites."""
