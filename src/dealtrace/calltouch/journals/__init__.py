"""The exports that other programs read, an endpoint per file."""
