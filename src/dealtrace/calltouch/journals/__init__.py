"""The journals that other programs read, an endpoint per file."""
