"""Changes to sites, users and tokens; they are rare, and each has its own transaction."""

import math
from collections.abc import Callable
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

from dealtrace.operations.retry_conflicts import retry_conflicts
from dealtrace.operations.work import AccountWork, ids_taken_by
from dealtrace.runtime.threads import Threads
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks

LOCK_SECONDS = 0.25
"""How long each try of a change to accounts waits for a lock that another session of PostgreSQL holds.

Ours: with `TRIES_MAX` tries, a change that has to wait for a lock delays changes to other sites by 2.5 seconds.
"""
P = ParamSpec("P")
Result = TypeVar("Result")


class AccountChanges:
    """Runs functions that change sites, users or tokens, one at a time, on a separate thread.

    A change that fails because of another transaction, for example by a deadlock, is retried for `patience_seconds`, at
    most `TRIES_MAX` times.

    The ids that a change declares (`takes_ids`) are reserved before the change begins; unused ids are kept for the next
    change.
    """

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        *,
        patience_seconds: float = math.inf,
        observe_retry: Callable[[str], None] = lambda _reason: None,
    ) -> None:
        self._writer = database.writer_that_waits(LOCK_SECONDS)
        self._now = now
        self._patience_seconds = patience_seconds
        self._observe_retry = observe_retry
        self._ids = IdBlocks(self._writer)
        self._thread = Threads(1, "account-changes")

    async def run(
        self, change: Callable[Concatenate[AccountWork, P], Result], *args: P.args, **kwargs: P.kwargs
    ) -> Result:
        """Call `change` on the thread in its own transaction, and return its result.

        `change` is called with an `AccountWork` that names no user, and with the other arguments. It may be called
        several times, each time in a new transaction, so it must do nothing outside the database.

        Raises:
            Refusal: the change was refused; nothing was stored.
        """

        def attempt() -> Result:
            self._ids.ensure(ids_taken_by(change))
            with self._writer.begin() as connection:
                return change(AccountWork(connection, self._ids, self._now()), *args, **kwargs)

        def run() -> Result:
            return retry_conflicts(attempt, patience_seconds=self._patience_seconds, observe_retry=self._observe_retry)

        return await self._thread.run(run)

    def stop(self) -> None:
        """Wait for running changes, then end the thread."""
        self._thread.stop()
