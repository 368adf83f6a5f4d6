"""The column mirror: a copy of the visits, leads, deals and costs in a SQLite database, kept in DuckDB for reports."""
