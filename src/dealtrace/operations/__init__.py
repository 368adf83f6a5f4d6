"""Everything the product can do, one verb per file, in the folder of its noun.

An operation takes a `Work` and many commands of one site; a single command is a batch of one. It reads the stored rows
that all commands need, lets the pure rules of the domain decide each command, spends the points, stores all results
together, and returns the outcomes in the order of the commands. It declares how many ids one command may take. Nothing
here commits. Functions that only read take a connection and a site; functions that concern no single site take a
connection.
"""
