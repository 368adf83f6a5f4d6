"""Alerts on metrics, and their incidents: the times when a metric was out of bounds."""
