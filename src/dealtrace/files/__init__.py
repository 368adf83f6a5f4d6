"""Files that people import and export: what their columns mean, how cells are parsed and rows are written."""
