"""The journal of requests to the API."""
