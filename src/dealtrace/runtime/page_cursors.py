"""Where the pages of lists ended, so that whoever reads on need not count from the beginning."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from dealtrace.storage.journals.keyset_pages import Cursor, Page, SortKey

TRAILS_MAX = 256
"""How many readers are remembered in a process; beyond it the one who asked longest ago is forgotten."""
POSITIONS_MAX = 64
"""How many ends of pages are remembered for a reader."""
TRAIL_SECONDS = 900
"""How long after a reader's last page the way is remembered."""


@dataclass(slots=True)
class _Trail:
    """How far one reader came in one list: the rows at the ends of pages, by how many rows stand before the next."""

    total: int
    asked_at: float
    ends: dict[int, SortKey] = field(default_factory=dict)


class PageCursors:
    """Remembers the readers of lists; belongs to one thread."""

    def __init__(self, seconds_now: Callable[[], float]) -> None:
        self._seconds_now = seconds_now
        self._trails: OrderedDict[Hashable, _Trail] = OrderedDict()

    def cursor_of(self, reader: Hashable, offset: int) -> Cursor:
        """Tell from where a reader's page after `offset` rows is best found; the first page begins everything anew."""
        trail = self._trails.get(reader)
        if offset == 0 or trail is None or trail.asked_at + TRAIL_SECONDS < self._seconds_now():
            return Cursor(offset, skip=offset)
        nearest = max((end for end in trail.ends if end <= offset), default=None)
        if nearest is None:
            return Cursor(offset, skip=offset, total=trail.total)
        return Cursor(offset, trail.ends[nearest], offset - nearest, trail.total)

    def keep(self, reader: Hashable, cursor: Cursor, page: Page) -> None:
        """Remember where a page ended."""
        trail = self._trails.pop(reader, None) or _Trail(page.total, 0.0)
        trail.total, trail.asked_at = page.total, self._seconds_now()
        if page.end is not None:
            end = cursor.offset + len(page.ids)
            trail.ends.pop(end, None)
            trail.ends[end] = page.end
        if len(trail.ends) > POSITIONS_MAX:
            del trail.ends[next(iter(trail.ends))]
        self._trails[reader] = trail
        if len(self._trails) > TRAILS_MAX:
            self._trails.popitem(last=False)
