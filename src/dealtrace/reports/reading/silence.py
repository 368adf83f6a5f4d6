"""When nothing is counted for a while: what tells silence from an ordinary pause."""

TIMES_USUAL = 8
"""Ours: a silence lasts more than this many times the average pause; by chance, 1 pause in 3000 lasts that long."""
