"""The column mirror: the facts of a SQLite database once more in a DuckDB file, for fast reports."""
