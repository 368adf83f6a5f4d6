"""Everything the product can do, one verb per file, in the folder of its noun.

An operation takes its context, a `Work`, and a batch of commands of one site; a single command is a batch of one. It
reads the stored rows that the commands need, decides each command by the rules of the domain, spends points (the daily
API quota), stores all results together, and returns one outcome per command, in the order of the commands. An operation
declares how many new ids one command may take. It never commits. Functions that only read take a connection and a site;
functions that concern several sites or none take only a connection.
"""
