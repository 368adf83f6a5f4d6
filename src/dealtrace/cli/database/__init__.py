"""`dealtrace db`: upgrade and check the database, and distribute it over a Citus cluster."""
