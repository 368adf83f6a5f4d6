"""Delete requests from the journal that have been kept long enough, site by site."""

from datetime import datetime, timedelta

from dealtrace import clock
from dealtrace.errors import Refusal
from dealtrace.operations.requests.delete import delete_old_requests
from dealtrace.operations.write_command import WriteCommand
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.request_journal import site_with_id
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.accounts.api_requests import list_sites_with_requests

TURNS_MAX = 10
"""Ours: how many times a sweep deletes requests of each site; what is left waits for the next sweep."""


class OldRequests:
    """Deletes old requests of all sites; with `kept_days=0`, when nothing is journalled, deletes all requests.

    A site that goes on sending deletes old ones also when it stores new ones. What is left waits for the next sweep.
    """

    def __init__(self, read_pool: ReadPool, write_queue: WriteQueue, kept_days: int) -> None:
        self._read_pool = read_pool
        self._write_queue = write_queue
        self._kept = timedelta(days=kept_days)

    async def delete(self) -> None:
        """Delete old requests; if there are none, only read.

        Raises:
            Refusal: the database is unavailable or overloaded; the next sweep goes on.
        """
        before = clock.now() - self._kept
        left = await self._read_pool.read_newest(list_sites_with_requests, before)
        refusals: list[Refusal] = []
        for _ in range(TURNS_MAX):
            left = [site_id for site_id in left if await self._delete_some(site_id, before, refusals)]
        if refusals:
            raise refusals[0]

    async def _delete_some(self, site_id: int, before: datetime, refusals: list[Refusal]) -> bool:
        """Return whether a site may have more old requests; one that cannot be written is left, with its refusal."""
        try:
            return await self._write_queue.write(delete_old_requests, site_with_id(site_id), WriteCommand(before))
        except Refusal as refusal:
            refusals.append(refusal)
            return False
