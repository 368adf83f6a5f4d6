"""Claim a sweep of the database, so that only one of several processes sweeps."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from dealtrace.accounts.clock_set_back import CLOCKS_APART_MAX
from dealtrace.operations.work import AccountWork
from dealtrace.storage.accounts.sweep_claims import find_claim_end, replace_claim_end

LEASE_SHARE = 0.9
"""Ours: how long a process keeps its claim to sweep, as a share of the time between two sweeps.

A sweep ends with its claim, so that two processes never delete the same rows and lock each other out; what is left then
waits for the next sweep.
"""


def can_be_claimed(connection: Connection, sweep: str, lease: timedelta, now: datetime) -> bool:
    """Return whether a sweep can be claimed: no process has claimed it, or the claim has ended.

    `lease` is how long a claim of this sweep lasts. A claim with a later end than any claim made now was made by a
    clock that has since been set back; it is treated as ended.
    """
    return _has_ended(find_claim_end(connection, sweep), lease, now)


def claim_sweep(work: AccountWork, sweep: str, lease: timedelta) -> bool:
    """Claim a sweep for `lease`, and return whether this succeeded: another process may have claimed it meanwhile."""
    until = find_claim_end(work.connection, sweep)
    return _has_ended(until, lease, work.now) and replace_claim_end(work.connection, sweep, until, work.now + lease)


def _has_ended(until: datetime | None, lease: timedelta, now: datetime) -> bool:
    return until is None or until <= now or until > now + lease + CLOCKS_APART_MAX
