"""Read models that join several nouns: the entries of the journals, their filters and their pages."""
