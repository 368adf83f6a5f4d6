"""Notes under charts: notes that people write, and changes of settings that may change figures."""
