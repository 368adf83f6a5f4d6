"""Threads for long work that people start and do not wait for; each kind of work has a thread of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import StrEnum
from time import monotonic

from dealtrace.operations.pause_between_steps import PAUSE_SECONDS, Stopped

REMINDER_SECONDS = 60
"""How many seconds pass between two calls of `still_waits` for a waiting run."""
Failed = Callable[["Lane", int, Exception], None]
"""A function that is called with the lane, the id of the site and the exception of a run that failed."""


class Lane(StrEnum):
    """A kind of background work, with a thread of its own, so that it does not wait for other kinds."""

    DEMO = "demo"
    PAST = "past"


class Steps:
    """The steps of a run; the run must call `next` before its first heavy work and before each chunk."""

    def __init__(self, stopping: threading.Event, remind: Callable[[], None]) -> None:
        self._stopping = stopping
        self._remind = remind

    def next(self) -> None:
        """Pause briefly, so that other commands can write to the database.

        Raises:
            Stopped: the server is stopping.
        """
        if self._stopping.wait(PAUSE_SECONDS):
            raise Stopped
        self._remind()


Run = Callable[[Steps], None]


class BackgroundRuns:
    """Calls functions (runs) in the background; the runs of each `Lane` are called one by one, in the order of `start`.

    If a run raises an exception other than `Stopped`, `failed` is called with that exception. Runs that are still
    waiting when the server stops are called too, so that they can store that they were stopped: their first call of
    `Steps.next` raises `Stopped`.
    """

    def __init__(self, failed: Failed) -> None:
        self._stopping = threading.Event()
        self._lanes = {lane: _LaneThread(lane, self._stopping, failed) for lane in Lane}

    def start(self, lane: Lane, site_id: int, run: Run, still_waits: Callable[[], None] = lambda: None) -> None:
        """Return immediately, and call `run` as soon as all earlier runs of the lane have ended.

        While the run waits, `still_waits` is called about once a minute.
        """
        self._lanes[lane].start(site_id, run, still_waits)

    def begin_stop(self) -> None:
        """Make all runs end before their next step; return at once."""
        self._stopping.set()

    def stop(self) -> None:
        """Make all runs end before their next step, and wait until they have ended."""
        self.begin_stop()
        for lane in self._lanes.values():
            lane.stop()


class _LaneThread:
    """The thread of a lane, and the `still_waits` functions of its waiting runs, longest waiting first."""

    def __init__(self, lane: Lane, stopping: threading.Event, failed: Failed) -> None:
        self._lane = lane
        self._failed = failed
        self._steps = Steps(stopping, self._remind)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"background-{lane}")
        self._waiting: list[Callable[[], None]] = []
        self._reminded_at = monotonic()

    def start(self, site_id: int, run: Run, still_waits: Callable[[], None]) -> None:
        self._waiting.append(still_waits)
        self._pool.submit(self._run, site_id, run)

    def stop(self) -> None:
        self._pool.shutdown()

    def _run(self, site_id: int, run: Run) -> None:
        self._waiting.pop(0)
        try:
            run(self._steps)
        except Stopped:
            return
        except Exception as fault:  # noqa: BLE001 - whatever it is, it ends this run only
            self._failed(self._lane, site_id, fault)

    def _remind(self) -> None:
        """Call `still_waits` of each waiting run, if a minute has passed since the last time."""
        if monotonic() - self._reminded_at >= REMINDER_SECONDS:
            self._reminded_at = monotonic()
            for still_waits in tuple(self._waiting):
                with suppress(Exception):  # the waiting run reports again in a minute; this one must not fail
                    still_waits()
