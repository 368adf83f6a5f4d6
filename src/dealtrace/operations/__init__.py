"""Everything that the product can do: a folder for each subject, with a file for each kind of operation.

An operation takes its context, a `Work`, and a batch of commands of one site; a single command is a batch of one. The
operation reads the stored rows that the commands need, decides each command by the rules of the domain, spends points
(the daily API quota), stores all results together, and returns one outcome per command, in the order of the commands.
An operation declares how many new ids one command may take. An operation never commits. Functions that only read take a
connection and a site; functions that concern several sites or none take only a connection.
"""
