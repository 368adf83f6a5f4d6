"""Visits, their traffic sources, and the credits of leads."""
