"""Limits on use: the points of a site per day, and the requests of an IP address per second."""
