"""Files that people import and export: their columns, parsing their cells, and writing their rows."""
