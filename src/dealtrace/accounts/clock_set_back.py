"""How much two correct times may differ: clocks of servers differ, and a time may be stored after a wait."""

from datetime import timedelta

CLOCKS_APART_MAX = timedelta(minutes=5)
"""Ours: a smaller difference between two times does not show that a clock was set back.

The clocks of servers that use NTP differ by milliseconds. A transaction that waits for another transaction may store
a time that is seconds old.
"""
