"""All SQL of the project, in a folder per domain; functions take a connection and records, and return records."""
