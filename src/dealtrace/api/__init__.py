"""Our own JSON API, for what the Calltouch API does not offer."""
