"""Charts as SVG, drawn from plain records on the server; a table stands behind each."""
