"""Endpoints that take the costs of advertising."""
