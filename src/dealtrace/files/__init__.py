"""Define the columns of the files that people import and export, parse their cells, and write their rows."""
