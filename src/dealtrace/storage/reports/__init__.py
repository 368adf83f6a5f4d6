"""What reports count (visits, leads, deals, costs), the SQL statements that group these, and reports' own tables."""
