"""What can be done with visits, a verb per file."""
