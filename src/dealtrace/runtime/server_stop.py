"""The beginning of the server's stop, which ends long work of requests that the server would otherwise wait for.

A server first finishes its requests, for up to 30 seconds, and only then stops the parts of a process. Work that nobody
will get whole must therefore end when the signal comes.
"""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable
from types import FrameType

from dealtrace.reports.refusals import ServerStopping

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
RETRY_SECONDS = 5
"""Ours: after how many seconds a client may repeat a request that a stop has ended; a restart takes about as long."""


class ServerStop:
    """Whether the server has begun to stop, for the threads and the event loop of a process."""

    def __init__(self) -> None:
        self._begun = threading.Event()
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def is_begun(self) -> bool:
        """Whether the server has begun to stop."""
        return self._begun.is_set()

    def begin(self) -> None:
        """Begin the stop; only for the thread of the event loop."""
        self._begun.set()
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    def require_running(self) -> None:
        """Check that the server has not begun to stop.

        Raises:
            ServerStopping: it has.
        """
        if self._begun.is_set():
            raise ServerStopping(retry_after_seconds=RETRY_SECONDS)

    async def comes_before(self, awaited: Awaitable[None]) -> bool:
        """Return whether the stop has begun before `awaited` is done; `awaited` is then cancelled."""
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


def call_at_stop_signals(call: Callable[[], None]) -> None:
    """Call a function in the running event loop when a signal asks this process to stop; its handlers stay in force.

    Nothing is done on threads other than the main one, which alone gets signals.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        _call_before(number, lambda: loop.call_soon_threadsafe(call))


def _call_before(number: signal.Signals, call: Callable[[], object]) -> None:
    handled = signal.getsignal(number)

    def handle(received: int, frame: FrameType | None) -> None:
        call()
        if callable(handled):
            handled(received, frame)
        elif handled is signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    signal.signal(number, handle)
