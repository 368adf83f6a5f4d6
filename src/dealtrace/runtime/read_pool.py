"""The few threads that read, so that a slow query stalls no other request."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from dealtrace.runtime.page_cursors import PageCursors
from dealtrace.storage.database.engine import Database

P = ParamSpec("P")
R = TypeVar("R")


class ReadPool:
    """Runs reading functions on their own threads, each with a connection that sees one consistent moment.

    `bookmarks` belong to the thread that asks.
    """

    def __init__(self, database: Database, threads: int) -> None:
        self._database = database
        self.page_cursors = PageCursors(time.monotonic)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reader")

    async def read(self, ask: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call `ask` with a connection and the arguments, and wait for what it returns."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._ask, ask, args, kwargs)

    def stop(self) -> None:
        """Let the threads finish, and end them."""
        self._pool.shutdown()

    def _ask(self, ask: Callable[..., R], args: tuple[object, ...], kwargs: dict[str, object]) -> R:
        with self._database.read() as connection:
            return ask(connection, *args, **kwargs)
