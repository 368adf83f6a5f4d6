"""Calls and lead requests on their way in, an endpoint per file."""
