"""What can be done with calls and lead requests, a verb per file."""
