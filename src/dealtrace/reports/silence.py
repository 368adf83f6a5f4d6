"""Decide when a service that usually sends deals has fallen silent."""

from datetime import datetime, timedelta

LOOKED_BACK = timedelta(days=28)
"""Ours: the time before now in which deals are counted to find how often they usually come."""
DEALS_MIN = 8
"""Ours: with fewer deals in that time, a pause means nothing."""
PAUSE_MIN = timedelta(hours=24)
"""Ours: shorter pauses, such as nights and single quiet days, are not silence."""
WEEKS_MIN = 3
"""Ours: fewer weeks do not show what is usual."""
TIMES_USUAL = 8
"""Ours: silence is a pause this many times as long as the average pause; 1 pause in 3000 is so long by chance."""


def is_silent(deals: int, last_at: datetime, now: datetime) -> bool:
    """Return whether a service that sent `deals` within `LOOKED_BACK` has been silent for unusually long."""
    if deals < DEALS_MIN:
        return False
    return now - last_at > max(PAUSE_MIN, TIMES_USUAL * LOOKED_BACK / deals)
