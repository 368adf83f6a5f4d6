"""The journal of a process's requests, collected in memory and stored every second, or sooner for busy sites."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dealtrace.accounts.api_request import REFUSED_FROM, ApiRequest
from dealtrace.accounts.site import Site, SiteId
from dealtrace.operations.requests.store import RequestBatch, store_requests
from dealtrace.operations.write_command import WriteCommand
from dealtrace.runtime.write_each import raise_first, write_each
from dealtrace.runtime.write_queue import WriteQueue

WAITING_MAX = 20_000
"""While this many requests wait for the next write, only refused requests are added, up to `REFUSED_WAITING_MAX`."""
REFUSED_WAITING_MAX = 2 * WAITING_MAX
STORED_FROM = 256
"""Ours: as soon as this many requests of a site wait, they are stored, without waiting for the next full second.

Registrations wait while requests are stored. If the requests of a whole busy second were stored at once, the slowest
registration would wait twice as long.
"""
DELETED_EVERY = timedelta(hours=1)
NO_SITE = Site(SiteId(0), "", ZoneInfo("UTC"))
"""The stand-in for the site of requests without a valid site, such as requests with a wrong token."""


class RequestJournal:
    """Collects requests and stores them together; a killed process loses the requests of its last second."""

    def __init__(self, kept_days: int) -> None:
        self._kept = timedelta(days=kept_days)
        self._waiting: dict[int, list[ApiRequest]] = {}
        self._waiting_count = 0
        self._deleted_at: dict[int, datetime] = {}
        self._is_site_full = asyncio.Event()
        self.is_kept = kept_days > 0

    def add(self, request: ApiRequest) -> None:
        """Add a request that has been answered."""
        limit = REFUSED_WAITING_MAX if request.status >= REFUSED_FROM else WAITING_MAX
        if self._waiting_count < limit:
            waiting = self._waiting.setdefault(request.site_id, [])
            waiting.append(request)
            self._waiting_count += 1
            if len(waiting) == STORED_FROM:
                self._is_site_full.set()

    async def wait_for_full_site(self) -> None:
        """Return as soon as any site has `STORED_FROM` requests that are not stored yet."""
        await self._is_site_full.wait()

    async def store(self, write_queue: WriteQueue, now: datetime, *, only_full: bool = False) -> None:
        """Write the collected requests through the write queue; return once they are stored.

        With `only_full`, the requests of sites with fewer than `STORED_FROM` go on waiting, so that a busy site does
        not cause more writes for the other sites.

        Raises:
            Refusal: the database is unavailable or overloaded; requests that were being stored are lost.
        """
        commands = [
            (
                NO_SITE if site_id == NO_SITE.id else _named(site_id),
                WriteCommand(RequestBatch(tuple(requests), self._kept_since(site_id, now))),
            )
            for site_id, requests in self._take(only_full=only_full)
        ]
        outcomes = await write_each(write_queue, store_requests, commands)
        for (site, command), outcome in zip(commands, outcomes, strict=True):
            if command.payload.kept_since is not None and outcome is None:
                self._deleted_at[site.id] = now
        raise_first(outcomes)

    def _take(self, *, only_full: bool) -> list[tuple[int, list[ApiRequest]]]:
        least = STORED_FROM if only_full else 1
        taken = [(site_id, waiting) for site_id, waiting in self._waiting.items() if len(waiting) >= least]
        for site_id, waiting in taken:
            del self._waiting[site_id]
            self._waiting_count -= len(waiting)
        self._is_site_full.clear()
        return taken

    def _kept_since(self, site_id: int, now: datetime) -> datetime | None:
        """Return the time before which requests are to be deleted, or `None` if they were deleted recently."""
        deleted_at = self._deleted_at.get(site_id)
        return now - self._kept if deleted_at is None or now - deleted_at >= DELETED_EVERY else None


def _named(site_id: int) -> Site:
    """Return a site with only an id, which is enough to store its requests."""
    return Site(SiteId(site_id), "", NO_SITE.time_zone)
