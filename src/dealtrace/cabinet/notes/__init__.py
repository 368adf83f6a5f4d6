"""Notes under charts, which explain changes of figures: notes that people write, and changes of settings."""
