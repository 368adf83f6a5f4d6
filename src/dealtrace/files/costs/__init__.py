"""Files with advertising costs and with currency rates: their columns and cells, their headings, and their rows."""
