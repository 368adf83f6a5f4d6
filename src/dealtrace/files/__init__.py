"""Files that people import and export: the meaning of columns, parsing cells, writing rows."""
