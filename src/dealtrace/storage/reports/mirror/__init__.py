"""The column mirror: a DuckDB copy, for reports, of the visits, leads, deals and costs in a SQLite database."""
