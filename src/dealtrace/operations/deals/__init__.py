"""What can be done with deals, a verb per file."""
