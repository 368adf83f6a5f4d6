"""Demos that are filled in the background, one at a time."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from threading import Event

from dealtrace.accounts.site import Site
from dealtrace.demo.refusals import DemoMissing
from dealtrace.operations.demo.run import DemoSize, run_demo
from dealtrace.runtime.threads import Threads
from dealtrace.storage.database.engine import Database

PAUSE_SECONDS = 0.15
"""The pause after each step: a waiting SQLite tries every 0.1 s, so others can write between two steps."""


class _Stopped(Exception):  # noqa: N818 - it is not an error
    """The server stops before a demo is filled."""


class Demos:
    """Fills the sites of demos on a separate thread; the next demo waits until the one before is filled.

    `observe_fault` gets the id of the site of a demo that could not be filled, and the exception; such a demo remains
    unfinished.
    """

    def __init__(self, database: Database, observe_fault: Callable[[int, Exception], None]) -> None:
        self._database = database
        self._observe_fault = observe_fault
        self._thread = Threads(1, "demos")
        self._is_stopping = Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, site: Site, size: DemoSize, now: datetime) -> None:
        """Begin to fill the site of a demo, and return at once."""
        task = asyncio.create_task(self._fill(site, size, now))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Stop after the step that is being stored; what is stored stays, and the demo remains unfinished."""
        self._is_stopping.set()
        await asyncio.gather(*self._tasks)
        self._thread.stop()

    async def _fill(self, site: Site, size: DemoSize, now: datetime) -> None:
        try:
            await self._thread.run(run_demo, self._database, site, size, now, self._go_on)
        except (_Stopped, DemoMissing):
            return
        except Exception as fault:  # noqa: BLE001 - nobody waits for it
            self._observe_fault(site.id, fault)

    def _go_on(self, _stored: int, _total: int) -> None:
        """Wait between two steps; raise `_Stopped` if the server stops."""
        if self._is_stopping.wait(PAUSE_SECONDS):
            raise _Stopped
