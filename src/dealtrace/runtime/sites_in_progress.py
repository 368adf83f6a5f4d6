"""The sites that a process is working for; a site whose rows are locked does not delay other sites."""

import asyncio
from collections import Counter
from types import TracebackType
from typing import Generic, TypeVar

from dealtrace.errors import Refusal
from dealtrace.storage.database.database_errors import is_unavailable

Result = TypeVar("Result")


class SitesInProgress(Generic[Result]):
    """The unfinished work for sites, as futures, and the latest error of each site; used only in the event loop."""

    def __init__(self) -> None:
        self._unfinished: dict[asyncio.Future[Result], int] = {}
        self._counts: Counter[int] = Counter()
        self._faults: dict[int, tuple[BaseException, TracebackType | None]] = {}

    def __contains__(self, site_id: int) -> bool:
        """Return whether any work for a site is unfinished."""
        return site_id in self._counts

    def begin(self, site_id: int, work: "asyncio.Future[Result]") -> None:
        """Add work that has begun for a site; it counts as unfinished until the future is done."""
        self._unfinished[work] = site_id
        self._counts[site_id] += 1
        work.add_done_callback(self._end)

    def fail(self, site_id: int, fault: BaseException) -> None:
        """Remember why the latest work for a site failed."""
        self._faults[site_id] = (fault, fault.__traceback__)

    async def wait_for_fewer(self, count: int) -> None:
        """Wait until fewer than `count` sites have unfinished work."""
        while len(self._counts) >= count:
            await asyncio.wait(self._unfinished, return_when=asyncio.FIRST_COMPLETED)

    async def wait_for_all(self) -> None:
        """Wait until all work is finished, whether it fails or not."""
        while self._unfinished:
            await asyncio.wait(self._unfinished)

    def raise_first(self) -> None:
        """Raise the latest error of a site, if there is one; errors that are bugs come before failures of the database.

        The error of a site is raised until its next work is finished, so that a site that is locked for a long time
        does not seem to recover each time new work for it begins.
        """
        faults = min(self._faults.values(), key=lambda each: is_of_database(each[0]), default=None)
        self._faults = {site_id: fault for site_id, fault in self._faults.items() if site_id in self}
        if faults is not None:
            fault, traceback = faults
            raise fault.with_traceback(traceback)

    def _end(self, work: "asyncio.Future[Result]") -> None:
        site_id = self._unfinished.pop(work)
        self._counts[site_id] -= 1
        if not self._counts[site_id]:
            del self._counts[site_id]
        if work.cancelled():
            return
        self._faults.pop(site_id, None)
        fault = work.exception()
        if fault is not None:
            self.fail(site_id, fault)


def is_of_database(fault: BaseException) -> bool:
    """Return whether an error only means that the database is unavailable, locked or overloaded."""
    return isinstance(fault, Refusal) or is_unavailable(fault)
