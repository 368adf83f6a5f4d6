"""A pool of threads that read from the database, so that a slow query does not delay other requests."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from dealtrace.errors import Overloaded
from dealtrace.runtime.database_watch import OVERLOADED_RETRY_SECONDS, DatabaseWatch
from dealtrace.runtime.page_cursors import PageCursors
from dealtrace.storage.accounts.revision import find_revision
from dealtrace.storage.database.database_errors import is_unavailable
from dealtrace.storage.database.engine import Database

P = ParamSpec("P")
R = TypeVar("R")

UNFINISHED_MAX = 1000
"""The maximum number of reads of a process that run or wait for a thread; further reads are refused at once."""
REPLICA_PAUSE_SECONDS = 5.0
"""How many seconds a replica is not used after it failed."""


class ReadPool:
    """Runs reading functions on threads; each call gets a connection that sees one consistent state.

    `page_cursors` may be used only from the thread that awaits the reads. `read` uses `replica` if the replica works,
    has the tables and columns that are read, and has at least the revision `revision_needed()` of the accounts (sites,
    tokens and so on). Otherwise it uses the primary database.
    """

    def __init__(
        self,
        database: Database,
        threads: int,
        watch: DatabaseWatch | None = None,
        *,
        replica: Database | None = None,
        revision_needed: Callable[[], int] = lambda: 0,
        unfinished_max: int = UNFINISHED_MAX,
    ) -> None:
        self._database = database
        self._watch = watch if watch is not None else DatabaseWatch(database)
        self._replica = replica
        self._revision_needed = revision_needed
        self._unfinished_max = unfinished_max
        self._unfinished = 0
        self._replica_revision = -1
        self._replica_away_until = 0.0
        self.page_cursors = PageCursors(time.monotonic)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reader")

    @property
    def is_shared(self) -> bool:
        """Return whether several server processes may use the database; page cursors must then be stored in it."""
        return not self._database.is_sqlite

    @property
    def is_replica_away(self) -> bool:
        """Return whether the replica is not used because it failed recently."""
        return self._replica_away_until > 0.0

    async def read(self, function: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call `function` with a connection and the arguments on a thread, and return its result.

        With a replica, `function` does not always see the latest changes, and is called again if the replica fails.

        If the caller is cancelled before a thread is free, `function` is not called.

        Raises:
            DatabaseUnavailable: the database file was removed or replaced.
            Overloaded: too many reads are waiting.
        """
        return await self._run(self._call, function, args, kwargs)

    async def read_newest(
        self, function: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Call `function` as `read` does, but always on the primary database, to see the latest changes."""
        return await self._run(self._call_primary, function, args, kwargs)

    def stop(self) -> None:
        """Wait for running reads, then end the threads."""
        self._pool.shutdown()

    async def _run(self, call: Callable[..., R], *args: object) -> R:
        self._watch.require()
        if self._unfinished >= self._unfinished_max:
            raise Overloaded(retry_after_seconds=OVERLOADED_RETRY_SECONDS)
        self._unfinished += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, call, *args)
        finally:
            self._unfinished -= 1

    def _call(self, function: Callable[..., R], args: tuple[object, ...], kwargs: dict[str, object]) -> R:
        if self._replica is not None and time.monotonic() >= self._replica_away_until:
            try:
                with self._replica.read() as connection:
                    knows_enough = self._knows_enough(connection)
                    self._replica_away_until = 0.0
                    if knows_enough:
                        return function(connection, *args, **kwargs)
            except Exception as fault:
                if not is_unavailable(fault):
                    raise
                self._replica_away_until = time.monotonic() + REPLICA_PAUSE_SECONDS
        return self._call_primary(function, args, kwargs)

    def _call_primary(self, function: Callable[..., R], args: tuple[object, ...], kwargs: dict[str, object]) -> R:
        with self._database.read() as connection:
            return function(connection, *args, **kwargs)

    def _knows_enough(self, connection: Connection) -> bool:
        """Return whether the replica has the newest sites and tokens.

        If an earlier call found them there, the replica is not queried.
        """
        needed = self._revision_needed()
        if self._replica_revision < needed:
            self._replica_revision = find_revision(connection)
        return self._replica_revision >= needed
