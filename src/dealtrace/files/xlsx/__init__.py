"""XLSX files: what they need in memory, and their rows."""
