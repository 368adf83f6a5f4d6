"""The endpoints that import the costs of advertising."""
