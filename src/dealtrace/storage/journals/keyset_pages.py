"""Pages of a long list: found by their keys alone, from where the page before ended."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Protocol

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    func,
    literal,
    select,
    tuple_,
    type_coerce,
)

from dealtrace.record import record
from dealtrace.storage.database.column_types import DAY, EARLIEST, EPOCH, LATEST, MICROSECOND, instant

Conditions = tuple[ColumnElement[bool], ...]

FAR = 10_000
"""How many rows are skipped one by one at most where a list knows the counts of its days."""


@record
class SortKey:
    """A row of a list, by which the list is in order."""

    at: datetime
    id: int


@record
class Cursor:
    """Where a page begins: after `offset` rows, which is `skip` rows behind the row `after` (`None`: the beginning).

    `total` is what the list was counted to when its reading began, `None` if it has to be counted.
    """

    offset: int = 0
    after: SortKey | None = None
    skip: int = 0
    total: int | None = None


class Days(Protocol):
    """Knows how many rows of a list fall on each day of UTC, without counting them."""

    def count(self, connection: Connection, since: datetime, until: datetime) -> int:
        """Tell how many fall on the days that begin at midnights from `since` on and before `until`."""
        ...

    def reach(self, connection: Connection, since: datetime, until: datetime, skip: int) -> tuple[datetime, int] | None:
        """Tell the midnight before the row that follows `skip` others of those days, and how many precede the day."""
        ...


@dataclass(frozen=True)
class PageQuery:
    """A list: the rows that are `wanted`, by their `moment`, then their `id`.

    `since` belongs to its interval, `until` does not; `None` leaves a side open. Without `days` its rows
    are counted one by one.
    """

    rows: FromClause
    moment: ColumnElement[datetime]
    id: ColumnElement[int]
    wanted: tuple[ColumnElement[bool], ...]
    since: datetime | None = None
    until: datetime | None = None
    days: Days | None = None

    def beyond(self, after: SortKey | None) -> Conditions:
        """Say what is wanted after a row: that row takes the place of `since`, or SQLite would begin there again."""
        conditions = [*self.wanted]
        if after is not None:
            reached = tuple_(literal(after.at, self.moment.type), literal(after.id, self.id.type))
            conditions.append(tuple_(self.moment, self.id) > reached)
        elif self.since is not None:
            conditions.append(self.moment >= self.since)
        if self.until is not None:
            conditions.append(self.moment < self.until)
        return tuple(conditions)


@record
class Page:
    """The ids of a page, where it ends, and how many rows the list has for whoever reads it from its beginning.

    `end` is `None` when the page is empty.
    """

    ids: list[int]
    end: SortKey | None
    total: int


def find_page(connection: Connection, listing: PageQuery, cursor: Cursor, limit: int) -> Page:
    """Find a page of at most `limit` rows; it is counted anew only where what is found denies the remembered total.

    The total is the rows before the page, as they were numbered, and those that stand after them now: so a reader comes
    to the last page whatever was added or taken away before.
    """
    rest = _Rest(connection, listing, cursor.after)
    wanted, skip = rest.reach(cursor.skip)
    keys = select(type_coerce(listing.moment, BigInteger), listing.id).select_from(listing.rows).where(*wanted)
    in_order = keys.order_by(listing.moment, listing.id)
    found = connection.execute(in_order.limit(limit + 1).offset(skip)).all()
    page, goes_on = found[:limit], len(found) > limit
    total = cursor.total
    if total is None or not _agrees(total, cursor, len(page), goes_on=goes_on):
        total = cursor.offset - cursor.skip + rest.total()
    end = SortKey(instant(page[-1][0]), page[-1][1]) if page else None
    return Page([row_id for _, row_id in page], end, total)


def _agrees(total: int, cursor: Cursor, found: int, *, goes_on: bool) -> bool:
    if goes_on:
        return total > cursor.offset + found
    return total == cursor.offset + found if found else total <= cursor.offset


class _Rest:
    """A list after a row (`None`: whole), counted once, and only if somebody asks.

    Its whole days are taken as they are kept; what stands before and behind them is counted row by row.
    """

    def __init__(self, connection: Connection, listing: PageQuery, after: SortKey | None) -> None:
        self._connection = connection
        self._listing = listing
        self._after = after
        since = after.at + MICROSECOND if after is not None else listing.since
        self._first = _first_midnight(since) if since is not None else EARLIEST
        self._last = _last_midnight(listing.until) if listing.until is not None else LATEST
        self._days = listing.days if self._first < self._last else None

    def total(self) -> int:
        """Tell how many rows there are."""
        if self._days is None:
            return self._count(self._listing, self._after)
        return self._before + self._days.count(self._connection, self._first, self._last) + self._behind

    def reach(self, skip: int) -> tuple[Conditions, int]:
        """Tell from where on the row is found that follows `skip` others, and how many of them to skip from there."""
        if self._days is not None and skip >= FAR and skip >= self._before:
            left = skip - self._before
            reached = self._days.reach(self._connection, self._first, self._last, left)
            if reached is not None:
                midnight, passed = reached
                return replace(self._listing, since=midnight).beyond(None), left - passed
        return self._listing.beyond(self._after), skip

    @cached_property
    def _before(self) -> int:
        if self._after is None and self._listing.since in (None, self._first):
            return 0
        return self._count(replace(self._listing, until=self._first), self._after)

    @cached_property
    def _behind(self) -> int:
        if self._listing.until in (None, self._last):
            return 0
        return self._count(replace(self._listing, since=self._last), None)

    def _count(self, listing: PageQuery, after: SortKey | None) -> int:
        counted = select(func.count()).select_from(listing.rows).where(*listing.beyond(after))
        return int(self._connection.execute(counted).scalar_one())


def _last_midnight(at: datetime) -> datetime:
    """Tell the last midnight of UTC up to an instant."""
    return EPOCH + (at - EPOCH) // DAY * DAY


def _first_midnight(at: datetime) -> datetime:
    """Tell the first midnight of UTC from an instant on; on the last day there is, the end of time."""
    return LATEST if LATEST - at < DAY else EPOCH - (EPOCH - at) // DAY * DAY
