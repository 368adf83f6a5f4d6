"""A pool of threads that read, so that a slow query does not delay other requests."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from dealtrace.runtime.database_watch import DatabaseWatch
from dealtrace.runtime.page_cursors import PageCursors
from dealtrace.storage.database.engine import Database

P = ParamSpec("P")
R = TypeVar("R")


class ReadPool:
    """Runs reading functions on threads, each call with a connection that sees one consistent state of the database.

    `page_cursors` may be used only from the thread that awaits the reads.
    """

    def __init__(self, database: Database, threads: int, watch: DatabaseWatch | None = None) -> None:
        self._database = database
        self._watch = watch if watch is not None else DatabaseWatch(database)
        self.page_cursors = PageCursors(time.monotonic)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reader")

    async def read(self, function: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call `function` with a connection and the arguments on a thread of the pool, and return what it returns.

        Raises:
            DatabaseUnavailable: the database file is gone.
        """
        self._watch.require()
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._call, function, args, kwargs)

    def stop(self) -> None:
        """Wait for running reads and end the threads."""
        self._pool.shutdown()

    def _call(self, function: Callable[..., R], args: tuple[object, ...], kwargs: dict[str, object]) -> R:
        with self._database.read() as connection:
            return function(connection, *args, **kwargs)
