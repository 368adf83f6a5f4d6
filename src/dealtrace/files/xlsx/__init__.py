"""XLSX files: checking how much memory they need, and reading their rows."""
