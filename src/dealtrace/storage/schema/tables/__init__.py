"""The tables, one module per group of related tables; `whole` imports all tables."""
