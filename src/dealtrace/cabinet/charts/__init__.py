"""Charts as SVG, drawn on the server from plain records; each page also shows the data of its chart as a table."""
