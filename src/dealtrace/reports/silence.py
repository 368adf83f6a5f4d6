"""When a service that usually sends deals is silent."""

from datetime import datetime, timedelta

LOOKED_BACK = timedelta(days=28)
"""Ours: how far back it is looked what is usual."""
DEALS_MIN = 8
"""Ours: who sent fewer in that time sends too seldom for a pause to mean anything."""
PAUSE_MIN = timedelta(hours=24)
"""Ours: nights and single quiet days are no silence."""
TIMES_USUAL = 8
"""Ours: a pause so many times as long as the average one is silence; by chance it happens once in three thousand."""


def is_silent(deals: int, last_at: datetime, now: datetime) -> bool:
    """Return whether a service that sent `deals` within `LOOKED_BACK` has been silent for unusually long."""
    if deals < DEALS_MIN:
        return False
    return now - last_at > max(PAUSE_MIN, TIMES_USUAL * LOOKED_BACK / deals)
