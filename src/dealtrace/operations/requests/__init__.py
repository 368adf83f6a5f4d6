"""Store the journal of requests to the API."""
