"""All SQL and nothing else, a folder per noun; functions take a connection and records, and return records."""
