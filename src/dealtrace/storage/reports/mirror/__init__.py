"""The column mirror: a copy of a SQLite database's facts in a DuckDB file, for fast reports."""
