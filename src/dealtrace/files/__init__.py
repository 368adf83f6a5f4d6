"""Files that people import and export: define their columns, parse their cells, and write their rows."""
