"""The facts that reports count (visits, leads, deals, costs), the SQL that counts them, and the tables of reports."""
