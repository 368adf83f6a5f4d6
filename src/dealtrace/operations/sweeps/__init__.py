"""Delete data that nobody needs any more, in one process at a time."""
