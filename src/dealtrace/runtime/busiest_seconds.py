"""Remember, for each site, the second of the current day in which an IP address sent this process the most requests.

New busiest seconds are stored once a second.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import day_end, site_day
from dealtrace.errors import Refusal
from dealtrace.operations.accounts.store_busiest_second import store_busiest_seconds
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.busiest_second import BusiestSecond
from dealtrace.runtime.collected_writes import CollectedWrites
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.database.database_errors import is_unavailable


@dataclass(slots=True)
class _Day:
    """The number of requests in the busiest second so far of a site's day, and when that day ends."""

    requests: int
    ends_at: datetime


class BusiestSeconds:
    """Remembers the busiest second of each site's day, and stores it when it changes.

    A second is stored only if it has more requests than any earlier second of the day; each site thus causes few
    writes. If the process is killed, the requests of the last second may be left out.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._days: dict[int, _Day] = {}
        self._waiting: dict[tuple[int, datetime], tuple[Site, BusiestSecond]] = {}
        self._writes = CollectedWrites(store_busiest_seconds, self._acknowledge)

    def observe(self, site: Site, requests: int, allowed: int) -> None:
        """Record that an IP address sent `requests` requests within a second, the last of them to `site`.

        `allowed` is the number of requests per second that the rate limit allows.
        """
        day = self._days.get(site.id)
        now = self._clock()
        if day is not None and requests <= day.requests and now < day.ends_at:
            return
        ends_at = _end_of_day(site, now)
        self._days[site.id] = _Day(requests, ends_at)
        self._waiting[site.id, ends_at] = (site, BusiestSecond(requests, allowed, now))

    async def store(self, write_queue: WriteQueue, *, is_last: bool = False) -> None:
        """Write the new busiest seconds; `CollectedWrites.write` says when this returns.

        While an earlier second of a site is being stored, new seconds of this site keep waiting, except with `is_last`.

        Raises:
            Refusal: the database is unavailable or overloaded; the seconds are written the next time.
        """
        taken = {key: each for key, each in self._waiting.items() if is_last or each[0].id not in self._writes}
        self._waiting = {key: each for key, each in self._waiting.items() if key not in taken}
        commands = [(site, WriteCommand(second)) for site, second in taken.values()]
        await self._writes.write(write_queue, commands, is_last=is_last)

    def _acknowledge(self, site: Site, second: BusiestSecond, fault: BaseException | None) -> None:
        if isinstance(fault, Refusal) or (fault is not None and is_unavailable(fault)):
            self._waiting.setdefault((site.id, _end_of_day(site, second.ended_at)), (site, second))


def _end_of_day(site: Site, at: datetime) -> datetime:
    return day_end(site_day(at, site.time_zone), site.time_zone)
