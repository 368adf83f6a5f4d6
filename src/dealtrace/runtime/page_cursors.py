"""Remember the ends of the pages that clients read, to find the next page without counting rows from the start."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from dealtrace.storage.journals.keyset_pages import Cursor, ListPage, SortKey

TRAILS_MAX = 256
"""How many readers of lists a process remembers; the reader that has been idle longest is forgotten first."""
ENDS_MAX = 64
"""How many pages a process remembers for each reader; of each page, it remembers the sort key of the last row."""
TRAIL_SECONDS = 900
"""How many seconds a process remembers a reader after the last page that the reader fetched."""


@dataclass(slots=True)
class _Trail:
    """How far a reader has read a list.

    `ends` has the sort key of the last row of each page that was read, by the offset at which the next page begins.
    """

    total: int
    read_at: float
    ends: dict[int, SortKey] = field(default_factory=dict)


class PageCursors:
    """Remembers how far each reader has read each list. Not thread-safe."""

    def __init__(self, seconds_now: Callable[[], float]) -> None:
        self._seconds_now = seconds_now
        self._trails: OrderedDict[Hashable, _Trail] = OrderedDict()

    def cursor_of(self, reader: Hashable, offset: int) -> Cursor:
        """Return the cursor from which the page at `offset` is found fastest; offset 0 is the start of the list."""
        trail = self._trails.get(reader)
        if offset == 0 or trail is None or trail.read_at + TRAIL_SECONDS < self._seconds_now():
            return Cursor(offset, skip=offset)
        nearest = max((end for end in trail.ends if end <= offset), default=None)
        if nearest is None:
            return Cursor(offset, skip=offset, total=trail.total)
        return Cursor(offset, trail.ends[nearest], offset - nearest, trail.total)

    def keep(self, reader: Hashable, cursor: Cursor, page: ListPage) -> None:
        """Remember the end of `page`, which `reader` fetched with `cursor`."""
        trail = self._trails.pop(reader, None) or _Trail(page.total, 0.0)
        trail.total, trail.read_at = page.total, self._seconds_now()
        if page.end is not None:
            end = cursor.offset + len(page.ids)
            trail.ends.pop(end, None)
            trail.ends[end] = page.end
        if len(trail.ends) > ENDS_MAX:
            del trail.ends[next(iter(trail.ends))]
        self._trails[reader] = trail
        if len(self._trails) > TRAILS_MAX:
            self._trails.popitem(last=False)
