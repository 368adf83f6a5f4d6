"""Our own JSON: what Calltouch has no word for."""
