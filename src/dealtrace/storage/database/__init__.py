"""SQLite and PostgreSQL: connections, column types, compiled statements, and the classification of errors."""
