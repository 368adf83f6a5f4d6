"""Limits on use: the points that a site may spend per day, and the requests of an IP address per second."""
