"""Sites, users, tokens, custom fields and the points that a site has spent."""
