"""A report as a tree: rows of its first dimension, each of which opens the rows of the next dimension in place."""
