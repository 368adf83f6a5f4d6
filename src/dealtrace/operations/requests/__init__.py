"""Storing the journal of requests to the API."""
