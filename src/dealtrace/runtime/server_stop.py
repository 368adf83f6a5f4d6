"""Tell long requests that the server is stopping, so that they end at once instead of delaying the stop.

The server waits up to 30 seconds for running requests, and only then stops the pools and threads of its processes.
Requests that cannot be completed in that time must therefore end when the stop signal arrives.
"""

import asyncio
import threading
from collections.abc import Awaitable

from dealtrace.reports.refusals import ServerStopping

RETRY_SECONDS = 5
"""Ours: the `Retry-After` of requests that are ended by a stop, in seconds; a restart takes about as long."""


class ServerStop:
    """Tells the threads and the event loop of a process whether the server has begun to stop."""

    def __init__(self) -> None:
        self._begun = threading.Event()
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def is_begun(self) -> bool:
        """Whether the server has begun to stop."""
        return self._begun.is_set()

    def begin(self) -> None:
        """Begin the stop; call this only from the thread of the event loop."""
        self._begun.set()
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    def require_running(self) -> None:
        """Check that the server has not begun to stop.

        Raises:
            ServerStopping: the server has begun to stop.
        """
        if self._begun.is_set():
            raise ServerStopping(retry_after_seconds=RETRY_SECONDS)

    async def comes_before(self, awaited: Awaitable[None]) -> bool:
        """Return whether the stop begins before `awaited` is done; if so, `awaited` is cancelled."""
        if self._begun.is_set():
            asyncio.ensure_future(awaited).cancel()
            return True
        stopping: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        doing = asyncio.ensure_future(awaited)
        self._waiting.add(stopping)
        try:
            await asyncio.wait((doing, stopping), return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                doing.result()
            return not doing.done()
        finally:
            self._waiting.discard(stopping)
            doing.cancel()
