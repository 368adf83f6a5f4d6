"""What is kept of requests to the API."""
