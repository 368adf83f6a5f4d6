"""Files of costs: their columns and cells, where their headings stand, and how their rows are added up."""
