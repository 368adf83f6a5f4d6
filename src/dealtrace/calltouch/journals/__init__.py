"""The endpoints from which other programs read deals, calls, lead requests and counts of calls."""
