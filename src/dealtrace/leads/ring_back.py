"""Missed calls: whether a call was missed, and what a person did about it."""

from datetime import timedelta
from enum import StrEnum

from dealtrace.leads.call import Circumstances, is_answered, is_over

RING_BACK = "ring_back"
"""The versions of a call's annotations store its `RingBack` under this name."""


class RingBack(StrEnum):
    """What a person did about a missed call: returned it, or decided that it no longer needs to be returned."""

    RETURNED = "returned"
    UNNEEDED = "unneeded"


def is_missed(circumstances: Circumstances, duration: timedelta) -> bool:
    """Return whether a call has ended and was not answered."""
    return is_over(circumstances, duration) and not is_answered(circumstances, duration)
