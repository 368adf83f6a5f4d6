"""Files of costs: their columns and cells, finding the headings, and adding up the rows."""
