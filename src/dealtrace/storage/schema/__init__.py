"""The tables, the migrations that create them, and their distribution over a cluster."""
