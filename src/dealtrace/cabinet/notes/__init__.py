"""Notes under charts, which explain why figures changed: notes that people write, and changes to settings."""
