"""Commands about reports, and the table that they print."""
