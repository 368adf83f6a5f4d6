"""Everything the product can do, one verb per file, in the folder of its noun.

An operation takes its context, a `Work`, and a batch of commands of one site; a single command is a batch of one. It
reads the stored rows that the commands need, decides each command by the rules of the domain, spends the API points,
stores all results together, and returns one outcome per command, in the order of the commands. An operation declares
how many new ids one command may take. It never commits. Functions that only read take a connection and a site;
functions that concern no single site take a connection.
"""
