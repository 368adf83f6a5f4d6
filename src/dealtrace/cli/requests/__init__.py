"""`dealtrace requests`: the journal of requests to the API."""
