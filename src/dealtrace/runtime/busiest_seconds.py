"""The busiest second of each site's day among the requests of a process, kept in memory and stored once a second."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import day_end, site_day
from dealtrace.errors import Refusal
from dealtrace.operations.accounts.store_busiest_second import store_busiest_seconds
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.rate import BusiestSecond
from dealtrace.runtime.write_each import raise_first, write_each
from dealtrace.runtime.write_queue import WriteQueue


@dataclass(slots=True)
class _Day:
    """The most requests in a second of a site's day so far, and when that day ends."""

    requests: int
    ends_at: datetime


class BusiestSeconds:
    """Remembers the busiest second of each site's day, and stores it when it changes.

    A site's second is stored at most as often a day as it rises, that is, up to the limit: nothing is written for
    requests that come no faster than earlier ones. If the process is killed, up to a second of requests is left out.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._days: dict[int, _Day] = {}
        self._waiting: dict[tuple[int, datetime], tuple[Site, BusiestSecond]] = {}

    def observe(self, site: Site, requests: int, allowed: int) -> None:
        """Take note that `requests` of an IP address, the last one to `site`, came within a second.

        `allowed` is how many a second the rate limit allows.
        """
        day = self._days.get(site.id)
        now = self._clock()
        if day is not None and requests <= day.requests and now < day.ends_at:
            return
        ends_at = day_end(site_day(now, site.time_zone), site.time_zone)
        self._days[site.id] = _Day(requests, ends_at)
        self._waiting[site.id, ends_at] = (site, BusiestSecond(requests, allowed, now))

    async def store(self, write_queue: WriteQueue) -> None:
        """Write the seconds that are busier than those written before; return once they are stored.

        Raises:
            Refusal: the database is unavailable or overloaded; the seconds are written the next time.
        """
        taken, self._waiting = self._waiting, {}
        commands = [(site, WriteCommand(second)) for site, second in taken.values()]
        outcomes = await write_each(write_queue, store_busiest_seconds, commands)
        for key, outcome in zip(taken, outcomes, strict=True):
            if isinstance(outcome, Refusal):
                self._waiting.setdefault(key, taken[key])
        raise_first(outcomes)
