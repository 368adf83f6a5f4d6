"""A pool of threads that read, so that a slow query does not delay other requests."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from dealtrace.runtime.database_watch import DatabaseWatch
from dealtrace.runtime.page_cursors import PageCursors
from dealtrace.storage.accounts.revision import find_revision
from dealtrace.storage.database.database_errors import is_database_failure
from dealtrace.storage.database.engine import Database

P = ParamSpec("P")
R = TypeVar("R")

REPLICA_PAUSE_SECONDS = 5.0
"""How long a replica that failed is not asked."""


class ReadPool:
    """Runs reading functions on threads, each call with a connection that sees one consistent state of the database.

    `page_cursors` may be used only from the thread that awaits the reads. With a `replica`, `read` asks it, and the
    primary database if the replica is away or does not know `revision_needed()` of the accounts yet.
    """

    def __init__(
        self,
        database: Database,
        threads: int,
        watch: DatabaseWatch | None = None,
        *,
        replica: Database | None = None,
        revision_needed: Callable[[], int] = lambda: 0,
    ) -> None:
        self._database = database
        self._watch = watch if watch is not None else DatabaseWatch(database)
        self._replica = replica
        self._revision_needed = revision_needed
        self._replica_revision = -1
        self._replica_away_until = 0.0
        self.page_cursors = PageCursors(time.monotonic)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reader")

    @property
    def is_shared(self) -> bool:
        """Whether several processes may serve the database, so that cursors in memory do not suffice."""
        return not self._database.is_sqlite

    @property
    def is_replica_away(self) -> bool:
        """Whether the replica failed when it was last asked, so that the primary database is read."""
        return self._replica_away_until > 0.0

    async def read(self, function: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call `function` with a connection and the arguments on a thread of the pool, and return what it returns.

        With a replica it may be called twice, and what it reads may be a little older than what was stored.

        Raises:
            DatabaseUnavailable: the database file is gone.
        """
        self._watch.require()
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._call, function, args, kwargs)

    async def read_newest(
        self, function: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Do the same on the primary database, for what must not be old: tokens and settings."""
        self._watch.require()
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._call_primary, function, args, kwargs)

    def stop(self) -> None:
        """Wait for running reads and end the threads."""
        self._pool.shutdown()

    def _call(self, function: Callable[..., R], args: tuple[object, ...], kwargs: dict[str, object]) -> R:
        if self._replica is not None and time.monotonic() >= self._replica_away_until:
            try:
                with self._replica.read() as connection:
                    knows_enough = self._knows_enough(connection)
                    self._replica_away_until = 0.0
                    if knows_enough:
                        return function(connection, *args, **kwargs)
            except Exception as fault:
                if not is_database_failure(fault):
                    raise
                self._replica_away_until = time.monotonic() + REPLICA_PAUSE_SECONDS
        return self._call_primary(function, args, kwargs)

    def _call_primary(self, function: Callable[..., R], args: tuple[object, ...], kwargs: dict[str, object]) -> R:
        with self._database.read() as connection:
            return function(connection, *args, **kwargs)

    def _knows_enough(self, connection: Connection) -> bool:
        """Whether the replica has the accounts by which the request was admitted; asked anew only after a change."""
        needed = self._revision_needed()
        if self._replica_revision < needed:
            self._replica_revision = find_revision(connection)
        return self._replica_revision >= needed
