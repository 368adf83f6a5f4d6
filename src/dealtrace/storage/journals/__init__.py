"""The entries of the journals, read from the tables of several nouns, with their filters and pages."""
