"""Decide whether a call is in progress or has ended, and whether it was answered or missed.

`storage/leads/call_outcomes.py` has the same rules in SQL.
"""

from datetime import timedelta
from enum import Enum

from dealtrace.leads.call import Circumstances


def is_over(circumstances: Circumstances, duration: timedelta) -> bool:
    """Return whether a call has ended.

    Ours: a call is still in progress as long as the PBX has reported only the beginning of the call.
    """
    return circumstances.pbx is None or circumstances.is_successful is not None or duration > timedelta(0)


class CallPhase(Enum):
    """The phase of a call: in progress or ended."""

    ONGOING = "ongoing"
    ENDED = "ended"


def phase_of(circumstances: Circumstances, duration: timedelta) -> CallPhase:
    """Return whether a call is in progress or has ended."""
    return CallPhase.ENDED if is_over(circumstances, duration) else CallPhase.ONGOING


def is_answered(circumstances: Circumstances, duration: timedelta) -> bool:
    """Return whether a call was answered.

    If the PBX has not reported this, a call whose duration is above zero counts as answered.
    """
    reported = circumstances.is_successful
    return reported if reported is not None else duration > timedelta(0)


def is_missed(circumstances: Circumstances, duration: timedelta) -> bool:
    """Return whether a call has ended and was not answered."""
    return is_over(circumstances, duration) and not is_answered(circumstances, duration)
