"""The journal of a process's requests, collected in memory and stored every second, or sooner for busy sites."""

import asyncio
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dealtrace.accounts.api_request import REFUSED_FROM, AnsweredRequest
from dealtrace.accounts.site import Site, SiteId
from dealtrace.operations.requests.store import RequestBatch, store_requests
from dealtrace.operations.write_command import WriteCommand
from dealtrace.runtime.collected_writes import CollectedWrites
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.accounts.encoded_requests import encoded

WAITING_MAX = 20_000
"""While this many requests are not stored yet, only refused requests are added, up to `REFUSED_WAITING_MAX`."""
REFUSED_WAITING_MAX = 2 * WAITING_MAX
LOCKED_WAITING_MAX = WAITING_MAX // 4
"""Ours: while this many requests of a site wait, and earlier ones are still being stored, none is added for this site.

The requests of a site that another session has locked thus leave room for those of the other sites.
"""
STORED_FROM = 256
"""Ours: as soon as this many requests of a site wait, they are stored, without waiting for the next full second.

Registrations wait while requests are stored. If the requests of a whole busy second were stored at once, the slowest
registration would wait twice as long.
"""
STORED_MAX = 2000
"""Ours: how many requests of a site are stored at once, also if more have waited for a lock."""
DELETED_EVERY = timedelta(hours=1)
UNKNOWN_PATHS_PER_MINUTE_MAX = 60
"""Ours: a process journals at most this many requests of unknown paths a minute.

No rate limit applies to these requests, so a program that tries many paths could fill the database.
"""
NO_SITE = Site(SiteId(0), "", ZoneInfo("UTC"))
"""The stand-in for the site of requests without a valid site, such as requests with a wrong token."""


class RequestJournal:
    """Collects requests and stores them together; a killed process loses the requests of its last second."""

    def __init__(self, kept_days: int) -> None:
        self._kept = timedelta(days=kept_days)
        self._waiting: dict[int, list[AnsweredRequest]] = {}
        self._unstored_count = 0
        self._writes = CollectedWrites(store_requests, self._note_written)
        self._deleted_at: dict[int, datetime] = {}
        self._is_site_full = asyncio.Event()
        self._unknown_paths_minute = self._unknown_paths_count = 0
        self.is_kept = kept_days > 0

    def add(self, request: AnsweredRequest) -> None:
        """Add a request that has been answered."""
        site_id, limit = request.site_id, REFUSED_WAITING_MAX if request.status >= REFUSED_FROM else WAITING_MAX
        is_full = site_id in self._writes and len(self._waiting.get(site_id, ())) >= LOCKED_WAITING_MAX
        if self._unstored_count < limit and not is_full:
            waiting = self._waiting.setdefault(site_id, [])
            waiting.append(request)
            self._unstored_count += 1
            if len(waiting) == STORED_FROM:
                self._is_site_full.set()

    def admits_unknown_path(self) -> bool:
        """Return whether the journal takes a request of an unknown path, and count the request if so."""
        minute = int(time.monotonic() // 60)
        if minute != self._unknown_paths_minute:
            self._unknown_paths_minute, self._unknown_paths_count = minute, 0
        self._unknown_paths_count += 1
        return self.is_kept and self._unknown_paths_count <= UNKNOWN_PATHS_PER_MINUTE_MAX

    async def wait_for_full_site(self) -> None:
        """Return as soon as any site has `STORED_FROM` requests that are not stored yet."""
        await self._is_site_full.wait()

    async def store(
        self, write_queue: WriteQueue, now: datetime, *, only_full: bool = False, is_last: bool = False
    ) -> None:
        """Write the collected requests through the write queue; return as `CollectedWrites.write` does.

        With `only_full`, the requests of sites with fewer than `STORED_FROM` go on waiting, so that a busy site does
        not cause more writes for the other sites. The requests of a site go on waiting, too, while earlier ones are
        being stored, except with `is_last`, when the server stops.

        Raises:
            Refusal: the database is unavailable or overloaded; requests that were being stored are lost.
        """
        commands = [
            (
                site_with_id(site_id),
                WriteCommand(
                    RequestBatch([encoded(request.masked()) for request in requests], self._kept_since(site_id, now))
                ),
            )
            for site_id, requests in self._take(only_full=only_full, is_last=is_last)
        ]
        await self._writes.write(write_queue, commands, is_last=is_last)

    def _take(self, *, only_full: bool, is_last: bool) -> list[tuple[int, list[AnsweredRequest]]]:
        least, most = STORED_FROM if only_full else 1, None if is_last else STORED_MAX
        taken = [
            (site_id, waiting[:most])
            for site_id, waiting in self._waiting.items()
            if len(waiting) >= least and (is_last or site_id not in self._writes)
        ]
        for site_id, of_site in taken:
            del self._waiting[site_id][: len(of_site)]
            if not self._waiting[site_id]:
                del self._waiting[site_id]
        self._is_site_full.clear()
        return taken

    def _note_written(self, site: Site, batch: RequestBatch, fault: BaseException | None) -> None:
        self._unstored_count -= len(batch.entries)
        if len(self._waiting.get(site.id, ())) >= STORED_FROM:
            self._is_site_full.set()
        if batch.kept_since is not None and fault is None:
            self._deleted_at[site.id] = batch.kept_since + self._kept

    def _kept_since(self, site_id: int, now: datetime) -> datetime | None:
        """Return the time before which stored requests must be deleted, or `None` if old ones were deleted recently."""
        deleted_at = self._deleted_at.get(site_id)
        return now - self._kept if deleted_at is None or now - deleted_at >= DELETED_EVERY else None


def site_with_id(site_id: int) -> Site:
    """Return a site with only an id, which is enough to store and delete its requests."""
    if site_id == NO_SITE.id:
        return NO_SITE
    return Site(SiteId(site_id), "", NO_SITE.time_zone)
