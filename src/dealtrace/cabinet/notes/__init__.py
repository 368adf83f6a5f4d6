"""Notes under charts: notes that people write and changes to settings, both of which explain why figures changed."""
