"""What a person did about a missed call."""

from enum import StrEnum

RING_BACK = "ring_back"
"""The versions of a call's annotations store its `RingBack` under this name."""


class RingBack(StrEnum):
    """What a person did about a missed call: returned it, or decided that it no longer needs to be returned."""

    RETURNED = "returned"
    UNNEEDED = "unneeded"
