"""How long a pause between records must be to count as a silence instead of an ordinary pause."""

TIMES_USUAL = 8
"""Ours: a silence lasts more than this many times the average pause; by chance, 1 pause in 3000 lasts that long."""
