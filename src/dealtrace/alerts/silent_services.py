"""Find out whether a service that usually sends deals has fallen silent."""

from datetime import datetime, timedelta

from dealtrace.reports.reading.silence import TIMES_USUAL

LOOKED_BACK = timedelta(days=28)
"""Ours: how far back deals are counted, to tell silence from the usual pauses between deals."""
DEALS_MIN = 8
"""Ours: with fewer deals than this within `LOOKED_BACK`, silence looks the same as an ordinary pause."""
PAUSE_MIN = timedelta(hours=24)
"""Ours: the shortest time without deals that can count as silence; shorter pauses, such as nights, are ordinary."""


def is_silent(deals: int, last_at: datetime, now: datetime) -> bool:
    """Return whether the time since `last_at`, when a service sent its last deal, is unusually long.

    `deals` is the number of deals that the service sent within `LOOKED_BACK`.
    """
    if deals < DEALS_MIN:
        return False
    return now - last_at > max(PAUSE_MIN, TIMES_USUAL * LOOKED_BACK / deals)
