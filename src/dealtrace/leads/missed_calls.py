"""What a person did about a missed call."""

from enum import StrEnum

RING_BACK = "ring_back"
"""The versions of a call's annotations store its `RingBack` under this name."""
MISSED_DAYS = 14
"""Ours: the number of days whose missed calls are usually listed; whoever has waited longer has called elsewhere.

The list does not depend on the period chosen for reports, so that the period does not hide somebody who waits for a
call; people may choose other days for this list alone.
"""
MISSED_DAYS_MAX = 31
"""Ours: the maximum number of days whose missed calls are listed: for each missed call, later ones are looked for."""


class RingBack(StrEnum):
    """What a person did about a missed call: returned it, or decided that it no longer needs to be returned."""

    RETURNED = "returned"
    UNNEEDED = "unneeded"
