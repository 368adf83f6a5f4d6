"""When a delivery that failed is tried again, and when a webhook is given up."""

from datetime import datetime, timedelta

from dealtrace.record import record

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
JITTER = 0.2
"""Pauses are up to this share longer, so that webhooks that failed together are not tried together for ever."""
TRIED_FOR = timedelta(days=3)
"""Ours: over a weekend somebody may not be there to mend a receiver."""
_DOUBLINGS_MAX = 20


@record
class Fault:
    """Why an attempt failed, for a person to read.

    `words` are the receiver's own; they may repeat what it was told of somebody, so they are shown and never kept.
    `is_final` when the receiver says that it will never take anything again; `retry_after` is the pause it asks for.
    """

    reason: str
    words: str = ""
    is_final: bool = False
    retry_after: timedelta = timedelta(0)


@record
class TryAgain:
    """The next attempt comes at `at`."""

    at: datetime


@record
class Pause:
    """Nothing is sent any more until a person says so."""

    reason: str


def after_fault(fault: Fault, failures: int, failing_since: datetime, now: datetime, chance: float) -> TryAgain | Pause:
    """Tell what follows the last of `failures` failed attempts in a row, the first of which was at `failing_since`.

    Pauses double from five seconds to an hour; `chance`, from 0 to 1, makes them differ.
    """
    if fault.is_final:
        return Pause(f"{fault.reason}: the receiver wants no more")
    if now - failing_since >= TRIED_FOR:
        return Pause(f"nothing was accepted for {TRIED_FOR.days} days, last: {fault.reason}")
    pause = min(FIRST_PAUSE * 2 ** min(failures - 1, _DOUBLINGS_MAX), LONGEST_PAUSE)
    return TryAgain(now + max(pause * (1 + JITTER * chance), min(fault.retry_after, LONGEST_PAUSE)))
