"""SQLite and PostgreSQL: connections, column types, compiled statements, and kinds of errors."""
