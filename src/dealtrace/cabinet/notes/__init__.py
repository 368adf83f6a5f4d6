"""Notes under charts that explain why figures changed: changes to settings, and notes that people write."""
