"""SQL and nothing else, a file per noun; functions take a connection and records, and return records."""
