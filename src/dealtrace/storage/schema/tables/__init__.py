"""The tables, one module per group of related tables; `all_tables` imports all tables."""
