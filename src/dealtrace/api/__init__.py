"""Our own JSON API, for what Calltouch has no method."""
