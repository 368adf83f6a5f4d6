"""The journal of a process's requests, collected in memory and stored every second, or sooner for busy sites."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

import structlog

from dealtrace.accounts.api_request import NO_SITE_ID, REFUSED_FROM, AnsweredRequest
from dealtrace.accounts.site import Site, SiteId
from dealtrace.operations.requests import RequestBatch, store_requests
from dealtrace.operations.write_command import WriteCommand
from dealtrace.runtime.collected_writes import CollectedWrites
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.accounts.api_requests import OmittedRequests
from dealtrace.storage.accounts.encoded_requests import EncodedRequests, encoded

_log = structlog.get_logger()
WAITING_MAX = 20_000
"""While this many requests are not stored yet, only refused requests are added, up to `REFUSED_WAITING_MAX`."""
REFUSED_WAITING_MAX = 2 * WAITING_MAX
LOCKED_WAITING_MAX = WAITING_MAX // 4
"""Ours: while this many requests of a site wait for earlier ones to be stored, no further requests of that site are
kept.

A site whose rows another session has locked thus leaves room for the requests of the other sites.
"""
ENCODED_TOGETHER = 32
"""Ours: as soon as this many requests wait, they are masked and encoded.

Masking and encoding them one at a time would take several times the CPU time. With more of them, the data would exceed
the CPU cache.
"""
STORED_FROM = 1024
"""Ours: as soon as this many encoded requests of a site wait, they are stored, even before the second ends.

Storing this many takes about a millisecond, during which registrations wait. Smaller batches would mean more
transactions, and each costs as much CPU time as several registrations.
"""
STORED_MAX = 2000
"""Ours: the journal stores at most this many requests of a site at once, even if more wait."""
UNKNOWN_PATHS_PER_MINUTE_MAX = 60
"""Ours: the journal of a process keeps at most this many requests of unknown paths a minute.

No rate limit applies to these requests, so a program that tries many paths could fill the database.
"""
WITHOUT_SITE_PER_DAY_MAX = 20_000
"""Ours: a process journals at most this many requests without a site per UTC day, such as those with a wrong token.

Anybody who knows the server's URL can send such requests all day, a few a second from each IP address, since they cost
no points. Kept for two weeks, they could fill the disk. Further ones are only counted; the journal shows their number.
"""
OMITTED_STORED_SECONDS = 60.0
"""Ours: how many seconds pass before the number of requests that were not kept is stored again, as one more row."""
NO_SITE = Site(NO_SITE_ID, "", ZoneInfo("UTC"))
"""The stand-in for the site of requests without a valid site, such as requests with a wrong token."""


class RequestJournal:
    """Collects requests and stores them together; a killed process loses the requests of its last second."""

    def __init__(self, *, is_kept: bool) -> None:
        self._answered: list[AnsweredRequest] = []
        self._waiting: dict[int, list[EncodedRequests]] = {}
        self._waiting_counts: Counter[int] = Counter()
        self._unstored_count = 0
        self._writes = CollectedWrites(store_requests, self._note_written)
        self._is_site_full = asyncio.Event()
        self._unknown_paths_minute = self._unknown_paths_count = 0
        self._without_site_on, self._without_site_count = date.min, 0
        self._omitted: OmittedRequests | None = None
        self._failed: OmittedRequests | None = None
        self._omitted_stored_at: float | None = None
        self.is_kept = is_kept

    def add(self, request: AnsweredRequest) -> None:
        """Add a request that has been answered."""
        self._answered.append(request)
        if len(self._answered) >= ENCODED_TOGETHER:
            self._encode_answered()

    def admits_unknown_path(self) -> bool:
        """Return whether the journal accepts a request to an unknown path, and count the request if so."""
        minute = int(time.monotonic() // 60)
        if minute != self._unknown_paths_minute:
            self._unknown_paths_minute, self._unknown_paths_count = minute, 0
        self._unknown_paths_count += 1
        return self.is_kept and self._unknown_paths_count <= UNKNOWN_PATHS_PER_MINUTE_MAX

    def _encode_answered(self) -> None:
        """Encode the requests that were added since the last call, except those for which there is no room."""
        answered, self._answered = self._answered, []
        self._encode([request for request in answered if self._admits(request)])

    def _admits(self, request: AnsweredRequest) -> bool:
        """Return whether there is room for a request, and count it if so."""
        site_id = request.site_id
        if site_id == NO_SITE.id and not self._admits_without_site(request):
            return False
        limit = REFUSED_WAITING_MAX if request.status >= REFUSED_FROM else WAITING_MAX
        is_full = self._waiting_counts[site_id] >= LOCKED_WAITING_MAX and site_id in self._writes
        if self._unstored_count >= limit or is_full:
            return False
        self._unstored_count += 1
        self._waiting_counts[site_id] += 1
        return True

    def _encode(self, requests: Sequence[AnsweredRequest]) -> None:
        """Encode requests, and let them wait until they are stored; those that cannot be encoded are lost."""
        try:
            for each in encoded(requests):
                self._waiting.setdefault(each.site_id, []).append(each)
                if self._waiting_counts[each.site_id] >= STORED_FROM:
                    self._is_site_full.set()
        except Exception as fault:  # noqa: BLE001 - the request that is answered now must not fail for it
            if len(requests) > 1:
                for request in requests:
                    self._encode([request])
                return
            (request,) = requests
            self._unstored_count -= 1
            self._waiting_counts[request.site_id] -= 1
            _log.error(
                "request_not_journalled",
                request_id=request.request_id,
                site_id=request.site_id,
                fault=type(fault).__name__,
            )

    def _admits_without_site(self, request: AnsweredRequest) -> bool:
        """Return whether a request without a site is to be kept, and count it either way."""
        day_on = request.at.date()
        if day_on != self._without_site_on:
            self._without_site_on, self._without_site_count = day_on, 0
        self._without_site_count += 1
        is_kept = self._without_site_count <= WITHOUT_SITE_PER_DAY_MAX
        if not is_kept:
            self._omit(OmittedRequests(1, request.at, request.request_id))
        return is_kept

    def _omit(self, omitted: OmittedRequests) -> None:
        before = self._omitted.count if self._omitted is not None else 0
        self._omitted = OmittedRequests(before + omitted.count, omitted.at, omitted.last_id)

    async def wait_for_full_site(self) -> None:
        """Return as soon as any site has `STORED_FROM` requests that are not stored yet."""
        await self._is_site_full.wait()

    async def store(self, write_queue: WriteQueue, *, only_full: bool = False, is_last: bool = False) -> None:
        """Write the collected requests through the write queue; `CollectedWrites.write` says when this returns.

        With `only_full`, the requests of sites with fewer than `STORED_FROM` keep waiting, so that a busy site does not
        cause more writes for the other sites. The requests of a site also keep waiting while earlier ones are being
        stored, except with `is_last`, which is set when the server stops.

        Raises:
            Refusal: the database is unavailable or overloaded; requests that were being stored are lost.
        """
        batches = {
            site_id: RequestBatch(requests) for site_id, requests in self._take(only_full=only_full, is_last=is_last)
        }
        omitted = self._failed or self._omitted
        if omitted is not None and (is_last or (not only_full and self._is_time_to_store_omitted())):
            entries = batches[NO_SITE.id].entries if NO_SITE.id in batches else ()
            batches[NO_SITE.id] = RequestBatch(entries, omitted)
            self._omitted = self._omitted if self._failed is not None else None
            self._failed, self._omitted_stored_at = None, time.monotonic()
        commands = [(site_with_id(site_id), WriteCommand(batch)) for site_id, batch in batches.items()]
        await self._writes.write(write_queue, commands, is_last=is_last)

    def _take(self, *, only_full: bool, is_last: bool) -> list[tuple[int, list[EncodedRequests]]]:
        if not only_full:
            self._encode_answered()
        taken = []
        for site_id in list(self._waiting):
            is_due = not only_full or self._waiting_counts[site_id] >= STORED_FROM
            if is_due and (is_last or site_id not in self._writes):
                taken.append((site_id, self._take_of_site(site_id, None if is_last else STORED_MAX)))
        self._is_site_full.clear()
        return taken

    def _take_of_site(self, site_id: int, most: int | None) -> list[EncodedRequests]:
        waiting, count, parts = self._waiting[site_id], 0, 0
        for each in waiting:
            if most is not None and parts and count + each.request_count > most:
                break
            count, parts = count + each.request_count, parts + 1
        taken, self._waiting[site_id] = waiting[:parts], waiting[parts:]
        self._waiting_counts[site_id] -= count
        if not self._waiting[site_id]:
            del self._waiting[site_id], self._waiting_counts[site_id]
        return taken

    def _is_time_to_store_omitted(self) -> bool:
        stored_at = self._omitted_stored_at
        is_due = stored_at is None or time.monotonic() - stored_at >= OMITTED_STORED_SECONDS
        return is_due and NO_SITE.id not in self._writes

    def _note_written(self, site: Site, batch: RequestBatch, fault: BaseException | None) -> None:
        self._unstored_count -= batch.request_count
        if fault is not None and batch.omitted is not None:
            self._failed = batch.omitted  # unchanged: stored again, it counts once
        if self._waiting_counts[site.id] >= STORED_FROM:
            self._is_site_full.set()


def site_with_id(site_id: int) -> Site:
    """Return a site with only an id, which is enough to store and delete its requests."""
    if site_id == NO_SITE.id:
        return NO_SITE
    return Site(SiteId(site_id), "", NO_SITE.time_zone)
