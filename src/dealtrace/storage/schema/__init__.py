"""The tables, the migrations that lead to them, and how they are distributed over a cluster."""
