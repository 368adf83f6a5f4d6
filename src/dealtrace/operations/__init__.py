"""Everything the product can do, a verb per file.

An operation takes an open connection and fresh ids, the site, many wishes at once, and the time: it gathers for all
of them, lets pure rules decide each, spends the points, stores the lot, and returns an outcome for each in order.
Nothing here commits.
"""
