"""Read models over several nouns: the entries of the journals, their filters and their pages."""
