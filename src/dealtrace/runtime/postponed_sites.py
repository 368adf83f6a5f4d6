"""The sites whose commands wait in the write queue for a fault to pass, while other sites are written."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dealtrace.runtime.pending_commands import Pending, count_items

RETRY_PAUSE_SECONDS = 0.1
RETRY_PAUSE_MAX_SECONDS = 2.0
POSTPONED_SHARE = 3
"""How long a postponed site waits, as a multiple of the duration of its last try, so that other sites are served."""


@dataclass(slots=True)
class PostponedSite:
    """The commands of a postponed site; times are on the monotonic clock.

    Commands are refused after `deadline`. `pause` is how long to pause before the next retry, in seconds.
    """

    deadline: float
    pause: float
    due_at: float
    batch: list[Pending] = field(default_factory=list)


class PostponedSites:
    """The postponed sites of a write queue; used only in its thread, except `waiting` and `seconds_by_site`."""

    def __init__(self, items_max: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        """For each postponed site, keep commands with at most about `items_max` items in total."""
        self._items_max = items_max
        self._monotonic = monotonic
        self._sites: dict[int, PostponedSite] = {}
        self._began_at: dict[int, float] = {}

    def __len__(self) -> int:
        """Return how many sites are postponed."""
        return len(self._sites)

    @property
    def waiting(self) -> int:
        """Return how many commands wait."""
        return sum(len(late.batch) for late in list(self._sites.values()))

    @property
    def seconds_by_site(self) -> dict[int, float]:
        """Return how many seconds each site has been postponed, by the id of the site."""
        now = self._monotonic()
        return {site_id: now - began_at for site_id, began_at in self._began_at.items()}

    def seconds_to_due(self) -> float | None:
        """Return the seconds until commands of a postponed site are next retried, or `None` if no site is postponed."""
        if not self._sites:
            return None
        return max(0.0, min(late.due_at for late in self._sites.values()) - self._monotonic())

    def sort(self, batch: list[Pending]) -> tuple[list[Pending], list[Pending]]:
        """Return the commands of a batch to write now, and those to refuse.

        A command is refused if too many commands of its postponed site wait already. Other commands of postponed sites
        wait until their site is due, and are not returned.
        """
        fresh: list[Pending] = []
        refused: list[Pending] = []
        for pending in batch:
            late = self._sites.get(pending.site.id)
            if late is None:
                fresh.append(pending)
            elif count_items(late.batch) < self._items_max:
                late.batch.append(pending)
            else:
                refused.append(pending)
        return fresh, refused

    def take_expired(self, give_up_at: float = math.inf) -> list[PostponedSite]:
        """Remove and return the postponed sites whose deadline has passed; it can pass while other sites are tried.

        No deadline is later than `give_up_at`.
        """
        now = self._monotonic()
        expired = {site_id: late for site_id, late in self._sites.items() if min(late.deadline, give_up_at) <= now}
        for site_id in expired:
            del self._sites[site_id]
        return list(expired.values())

    def take_due(self) -> PostponedSite | None:
        """Remove and return the site whose pause ended first, or return `None` if all pauses last longer."""
        late = min(self._sites.values(), key=lambda late: late.due_at, default=None)
        if late is None or late.due_at > self._monotonic():
            return None
        return self._sites.pop(late.batch[0].site.id)

    def postpone(
        self, part: list[Pending], deadline: float, pause: float, took_seconds: float, *, is_locked_out: bool
    ) -> bool:
        """Postpone the commands of a site, or return `False` if the deadline is too close for another try.

        The first retry is due at once, since a conflict with another process is usually over by then. If another
        session keeps a lock, every retry is due at once and comes after the other sites: each retry waits for the lock,
        and a site that did not keep waiting might never get it.
        """
        now = self._monotonic()
        due_at = now if is_locked_out else now + max(pause, took_seconds * POSTPONED_SHARE if pause else 0.0)
        if due_at >= deadline:
            return False
        following = min(max(pause * 2, RETRY_PAUSE_SECONDS), RETRY_PAUSE_MAX_SECONDS)
        site_id = part[0].site.id
        self._sites[site_id] = PostponedSite(deadline, following, due_at, part)
        self._began_at = {**self._began_at, site_id: self._began_at.get(site_id, now)}
        return True

    def forget_written(self) -> None:
        """Forget since when a site was postponed, if all its commands have been written or refused."""
        if len(self._began_at) > len(self._sites):
            self._began_at = {site_id: at for site_id, at in self._began_at.items() if site_id in self._sites}
