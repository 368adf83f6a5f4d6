"""Everything the product can do, one verb per file, in the folder of its noun.

An operation takes a `Work` and many commands of one site; a single command is a batch of one. It gathers what is
stored for all of them, lets the pure rules of the domain decide each, spends the points, stores everything together,
and returns an outcome for each command in order. It declares how many ids one command may take. Nothing here commits.
What only reads takes a connection and a site; what concerns no single site takes a connection.
"""
