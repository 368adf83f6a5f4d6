"""A thread that runs, one after another, long changes that people start and do not wait for."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

IsStopping = Callable[[], bool]
"""A function that returns whether the server is stopping, so that a run must end as soon as it can."""


class BackgroundRuns:
    """Runs functions one after another on a thread; each is given a function that says when it must end early.

    `failed` is called with any exception that a run raises, since nobody waits for the result of the run.
    """

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        self._failed = failed
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="background-run")

    def start(self, run: Callable[[IsStopping], None]) -> None:
        """Call `run` on the thread once all runs that were started before it have ended; return at once."""
        self._pool.submit(self._run, run)

    def stop(self) -> None:
        """Ask the current run to end early, drop the waiting runs, and wait until the current run has ended."""
        self._stopping.set()
        self._pool.shutdown(cancel_futures=True)

    def _run(self, run: Callable[[IsStopping], None]) -> None:
        try:
            run(self._stopping.is_set)
        except Exception as fault:  # noqa: BLE001 - whatever it is, it ends this run only
            self._failed(fault)
