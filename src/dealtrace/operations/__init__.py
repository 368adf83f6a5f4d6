"""Everything that the product can do: a folder for each subject, with a file for each kind of operation.

An operation takes its context, a `Work`, and a batch of commands of one site; a single command is a batch of one. The
operation reads the stored rows that the commands need, and decides each command by the rules of the domain. It spends
points (the daily API quota) and stores all results together. It returns one outcome per command, in the order of the
commands. An operation declares how many new ids one command may take, and never commits. Functions that only read take
a connection and a site; functions for several sites, or for none, take only a connection.
"""
