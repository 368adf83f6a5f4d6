"""Repeat the background work of a process until the process ends."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable

import structlog

from dealtrace.log import Outage, cause_of
from dealtrace.runtime.sites_in_progress import is_of_database

_STARTED_AT = time.monotonic()
"""When the process began, on the monotonic clock: the rounds of all loops are counted from here."""

_log = structlog.get_logger()


def end_process() -> None:
    """Stop this process by SIGTERM: waiting writes are stored, and the parent process starts another process."""
    os.kill(os.getpid(), signal.SIGTERM)


class BackgroundLoops:
    """Runs the background work of a process; each loop has one job, so that no job waits for another.

    A loop continues after every failure. If a loop ends anyway, `end_process` is called: a process that no longer
    learns which tokens were revoked, for example, must not serve requests.

    In a process, loops whose pauses are multiples of each other run at the same moments: an idle process that wakes
    once for all its jobs uses half the CPU of one that wakes for each job. Different processes wake at different
    moments.
    """

    def __init__(self, end_process: Callable[[], None] = end_process) -> None:
        self._end_process = end_process
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._is_stopping = False

    def start(self, work: Callable[[], Awaitable[None]], pause_seconds: float, outage: Outage) -> None:
        """Start a loop that calls `work` at once and then every `pause_seconds`; `outage` logs its failures.

        If a round takes longer than `pause_seconds`, the rounds that should have begun in the meantime are left out.
        """
        task = asyncio.create_task(_repeat(work, pause_seconds, outage))
        self._tasks[task] = outage.event
        task.add_done_callback(self._notice_end)

    async def stop(self) -> None:
        """Cancel all loops and wait until they have ended."""
        self._is_stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _notice_end(self, task: asyncio.Task[None]) -> None:
        if not self._is_stopping and not task.cancelled():
            fault = task.exception()
            cause = cause_of(fault) if fault is not None else []
            _log.error("background_loop_ended", loop=self._tasks[task], cause=cause)
            self._end_process()


async def _repeat(work: Callable[[], Awaitable[None]], pause_seconds: float, outage: Outage) -> None:
    rounds = 0
    while True:
        try:
            await work()
        except Exception as fault:  # noqa: BLE001 - the next round tries again
            outage.failed(type(fault).__name__, is_bug=not is_of_database(fault), cause=cause_of(fault))
        except asyncio.CancelledError as fault:
            if _is_cancelled():
                raise
            outage.failed("an awaited operation was cancelled", is_bug=True, cause=cause_of(fault))
        else:
            outage.ended()
        if pause_seconds:
            seconds = time.monotonic() - _STARTED_AT
            rounds = next_round(rounds, seconds, pause_seconds)
            await asyncio.sleep(rounds * pause_seconds - seconds)
        else:
            await asyncio.sleep(0)


def next_round(ended: int, seconds: float, pause_seconds: float) -> int:
    """Return the number of the round that follows round `ended`, if the process began `seconds` ago.

    Round n is due `n * pause_seconds` after the process began. Rounds whose time has passed are left out, and a round
    that a timer began a little early is not repeated.
    """
    return max(ended, int(seconds // pause_seconds)) + 1


def _is_cancelled() -> bool:
    """Return whether the current task itself was cancelled, not only something that it awaited."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
