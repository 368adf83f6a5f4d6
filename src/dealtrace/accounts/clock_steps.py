"""How far the clocks of several servers, or a time that was read before waiting, may be apart."""

from datetime import timedelta

CLOCKS_APART_MAX = timedelta(minutes=5)
"""Ours: times that differ by less are no sign of a clock that was set back.

Servers whose clocks are kept by NTP differ by milliseconds; a transaction that waits for another one may be seconds
late.
"""
