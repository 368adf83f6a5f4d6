"""How far apart two times must be to show that a clock was set back."""

from datetime import timedelta

CLOCKS_APART_MAX = timedelta(minutes=5)
"""Ours: only a difference larger than this between two times counts as a sign that a clock was set back.

The clocks of servers that use NTP differ by milliseconds. A transaction that waits for another transaction may store
a time that is seconds old.
"""
