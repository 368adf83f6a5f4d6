"""What reports count (visits, leads, deals, costs), the SQL statements that group it, and tables for reports alone."""
