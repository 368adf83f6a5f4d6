"""Run a transaction again after a conflict with another transaction."""

import time
from collections.abc import Callable
from typing import TypeVar

from dealtrace.storage.database.database_errors import is_conflict, retry_reason
from dealtrace.storage.database.engine import POSTGRESQL_LOCK_SECONDS

TRIES_MAX = 10
Result = TypeVar("Result")


def retry_conflicts(
    attempt: Callable[[], Result],
    clean_up: Callable[[], None] = lambda: None,
    *,
    patience_seconds: float = POSTGRESQL_LOCK_SECONDS,
    observe_retry: Callable[[str], None] = lambda _reason: None,
) -> Result:
    """Call `attempt` until no conflict with another transaction stops it, at most `TRIES_MAX` times; return its result.

    `attempt` contains a whole transaction, so nothing of a failed attempt is stored. `clean_up` is called before each
    further attempt, and undoes what an attempt has done outside the database; `observe_retry` is called with the
    reason. No attempt begins later than `patience_seconds` after the first. By default this is PostgreSQL's lock
    timeout, so an attempt that failed to get a lock in time is the last.

    Raises:
        Exception: the last attempt failed, or an earlier attempt failed for a reason other than a conflict.
    """
    deadline = time.monotonic() + patience_seconds
    for _ in range(TRIES_MAX - 1):
        try:
            return attempt()
        except Exception as error:
            if not is_conflict(error) or time.monotonic() >= deadline:
                raise
            observe_retry(retry_reason(error))
            clean_up()
    return attempt()
