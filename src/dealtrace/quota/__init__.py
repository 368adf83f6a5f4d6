"""Limits on use: the API points of a site per day, the requests of an IP address per second."""
