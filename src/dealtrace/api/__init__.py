"""Our own JSON API, for everything that the Calltouch API does not offer."""
