"""Pages of a long list (keyset pagination): each page is read from the key of the last row of the previous page."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Protocol

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    func,
    literal,
    select,
    tuple_,
    type_coerce,
)

from dealtrace.dates_and_times import EPOCH
from dealtrace.record import record
from dealtrace.storage.database.column_types import DAY, EARLIEST, LATEST, MICROSECOND, instant
from dealtrace.storage.database.planner_settings import prepare_reads_of_few_rows

Conditions = tuple[ColumnElement[bool], ...]

SKIP_MAX = 10_000
"""The maximum number of rows skipped with SQL's OFFSET if a list has daily counts; longer skips use these counts."""


@record
class SortKey:
    """The time and id of a row, by which a list is ordered."""

    at: datetime
    id: int


@record
class Cursor:
    """The place in a list where a page begins: at `offset`, which is `skip` rows after the row with the key `after`.

    An `after` of `None` means the start of the list. `total` is the length of the list when its first page was read, or
    `None` if the rows must be counted.
    """

    offset: int = 0
    after: SortKey | None = None
    skip: int = 0
    total: int | None = None


class DailyCounts(Protocol):
    """The stored daily counts of a list: how many rows the list has on each UTC day."""

    def count(self, connection: Connection, since: datetime, until: datetime) -> int:
        """Count the rows on the days whose midnights are at or after `since` and before `until`."""
        ...

    def reach(self, connection: Connection, since: datetime, until: datetime, skip: int) -> tuple[datetime, int] | None:
        """Find the UTC day of the row that follows the first `skip` rows.

        Only the days from `since` to `until` are considered, as in `count`. Return the midnight at which the day
        begins and the number of rows on earlier days, or `None` if none of the considered days has rows.
        """
        ...


@dataclass(frozen=True)
class PageQuery:
    """A query for a paged list: the rows that meet `conditions`, ordered by `at`, then `id`.

    `at` is at or after `since` and before `until`; `None` means no limit. `days` has the daily counts of the list;
    without `days`, the rows are counted one by one.
    """

    rows: FromClause
    at: ColumnElement[datetime]
    id: ColumnElement[int]
    conditions: Conditions
    since: datetime | None = None
    until: datetime | None = None
    days: DailyCounts | None = None

    def after(self, key: SortKey | None) -> Conditions:
        """Return the SQL conditions for the rows after `key`; without a key, for all rows.

        With a key, the condition on `since` is left out; it would make SQLite search from `since`, not from `key`.
        """
        conditions = [*self.conditions]
        if key is not None:
            reached = tuple_(literal(key.at, self.at.type), literal(key.id, self.id.type))
            conditions.append(tuple_(self.at, self.id) > reached)
        elif self.since is not None:
            conditions.append(self.at >= self.since)
        if self.until is not None:
            conditions.append(self.at < self.until)
        return tuple(conditions)


@record
class ListPage:
    """A page of a list: its ids, the key of its last row (`None` if the page is empty), and the length of the list."""

    ids: list[int]
    end: SortKey | None
    total: int


def find_page(connection: Connection, query: PageQuery, cursor: Cursor, limit: int) -> ListPage:
    """Find the page of at most `limit` rows that begins at `cursor`, and the length of the list.

    The list is counted again only if the page contradicts the cursor's total. The length is then the page's offset plus
    the number of rows from there on, so that a reader reaches the last page even if earlier rows were added or deleted.
    """
    rest = _Rest(connection, query, cursor.after)
    conditions, skip = rest.reach(cursor.skip)
    keys = select(type_coerce(query.at, BigInteger), query.id).select_from(query.rows).where(*conditions)
    in_order = keys.order_by(query.at, query.id)
    found = connection.execute(in_order.limit(limit + 1).offset(skip)).all()
    page, is_followed = found[:limit], len(found) > limit
    total = cursor.total
    if total is None or not _agrees(total, cursor, len(page), is_followed=is_followed):
        total = cursor.offset - cursor.skip + rest.total()
    end = SortKey(instant(page[-1][0]), page[-1][1]) if page else None
    return ListPage([row_id for _, row_id in page], end, total)


@record
class NextPage:
    """A page of a list: its ids in order, and the key of its last row, or `None` if it is the last page."""

    ids: list[int]
    end: SortKey | None


def find_newest(connection: Connection, query: PageQuery, before: SortKey | None, limit: int) -> NextPage:
    """Find the last `limit` rows before the key `before`, newest first; without a key, the last rows of the list."""
    return _next_page(connection, _newest(query, before), limit)


def find_oldest(connection: Connection, query: PageQuery, after: SortKey | None, limit: int) -> NextPage:
    """Find the first `limit` rows after the key `after`, oldest first; without a key, the first rows of the list."""
    return _next_page(connection, _oldest(query, after), limit)


def find_previous(
    connection: Connection, query: PageQuery, key: SortKey, limit: int, *, newest_first: bool
) -> SortKey | None:
    """Find the key of the row before the page of `limit` rows that ends at `key`; return `None` for the first page."""
    backwards = _oldest(query, key) if newest_first else _newest(query, key)
    found = connection.execute(backwards.limit(1).offset(limit - 1)).first()
    return SortKey(instant(found[0]), found[1]) if found is not None else None


def _newest(query: PageQuery, before: SortKey | None) -> Select[int, int]:
    conditions = list(query.after(None))
    if before is not None:
        reached = tuple_(literal(before.at, query.at.type), literal(before.id, query.id.type))
        conditions.append(tuple_(query.at, query.id) < reached)
    keys = select(type_coerce(query.at, BigInteger), query.id).select_from(query.rows).where(*conditions)
    return keys.order_by(query.at.desc(), query.id.desc())


def _oldest(query: PageQuery, after: SortKey | None) -> Select[int, int]:
    is_before = after is not None and query.since is not None and after.at < query.since
    conditions = query.after(after if not is_before else None)
    keys = select(type_coerce(query.at, BigInteger), query.id).select_from(query.rows).where(*conditions)
    return keys.order_by(query.at, query.id)


class FindPage(Protocol):
    """A function, such as `find_newest`, that finds the page of a list that follows a given key."""

    def __call__(self, connection: Connection, query: PageQuery, key: SortKey | None, limit: int, /) -> NextPage:
        """Find the next `limit` rows."""
        ...


def id_chunks(connection: Connection, query: PageQuery, find: FindPage, limit: int) -> Iterator[list[int]]:
    """Yield the ids of a list, at most `limit` at a time, in the order in which `find` returns rows."""
    page = find(connection, query, None, limit)
    while page.ids:
        yield page.ids
        if page.end is None:
            return
        page = find(connection, query, page.end, limit)


def _next_page(connection: Connection, in_order: Select[int, int], limit: int) -> NextPage:
    found = connection.execute(in_order.limit(limit + 1)).all()
    page = found[:limit]
    end = SortKey(instant(page[-1][0]), page[-1][1]) if len(found) > limit else None
    return NextPage([row_id for _, row_id in page], end)


def find_counted(
    connection: Connection,
    query: PageQuery,
    find: FindPage,
    key: SortKey | None,
    limit: int,
    count_max: int | None = None,
) -> tuple[NextPage, int]:
    """Find the next `limit` rows, and the length of the whole list, which is counted up to `count_max` if given.

    If the whole list is on this page, no second query counts it: when few rows pass the filters, counting them takes as
    long as finding them.
    """
    page = find(connection, query, key, limit)
    is_whole_list = key is None and page.end is None
    if is_whole_list:
        return page, len(page.ids)
    return page, count_rows(connection, query) if count_max is None else count_up_to(connection, query, count_max)


def count_rows(connection: Connection, query: PageQuery) -> int:
    """Count the rows of a list."""
    return find_page(connection, query, Cursor(), 0).total


def count_up_to(connection: Connection, query: PageQuery, most: int) -> int:
    """Count the rows of a list; return `most` if there are at least that many, since no more are read.

    The rest of the transaction should read few rows as well; see `prepare_reads_of_few_rows`.
    """
    prepare_reads_of_few_rows(connection)
    first = select(literal(1)).select_from(query.rows).where(*query.after(None)).limit(most).subquery()
    return int(connection.execute(select(func.count()).select_from(first)).scalar_one())


def pages_of(connection: Connection, query: PageQuery, limit: int) -> Iterator[tuple[int, list[int]]]:
    """Yield the pages of a list in order, as pairs of the whole list's length and up to `limit` ids."""
    cursor = Cursor()
    while (page := find_page(connection, query, cursor, limit)).ids:
        yield page.total, page.ids
        cursor = Cursor(cursor.offset + len(page.ids), page.end, 0, page.total)


def _agrees(total: int, cursor: Cursor, found: int, *, is_followed: bool) -> bool:
    if is_followed:
        return total > cursor.offset + found
    return total == cursor.offset + found if found else total <= cursor.offset


class _Rest:
    """The rows of a list after a key, or all rows if the key is `None`.

    Daily counts are used for whole days. The rows before and after the whole days are counted one by one when first
    needed, and these counts are kept.
    """

    def __init__(self, connection: Connection, query: PageQuery, after: SortKey | None) -> None:
        self._connection = connection
        self._query = query
        self._after = after
        since = after.at + MICROSECOND if after is not None else query.since
        self._first = _first_midnight(since) if since is not None else EARLIEST
        self._last = _last_midnight(query.until) if query.until is not None else LATEST
        self._days = query.days if self._first < self._last else None

    def total(self) -> int:
        """Return the number of rows after the key."""
        if self._days is None:
            return self._count(self._query, self._after)
        return self._before + self._days.count(self._connection, self._first, self._last) + self._behind

    def reach(self, skip: int) -> tuple[Conditions, int]:
        """Return SQL conditions and an offset for reading the rest of the list after its first `skip` rows."""
        if self._days is not None and skip >= SKIP_MAX and skip >= self._before:
            left = skip - self._before
            reached = self._days.reach(self._connection, self._first, self._last, left)
            if reached is not None:
                midnight, passed = reached
                return replace(self._query, since=midnight).after(None), left - passed
        return self._query.after(self._after), skip

    @cached_property
    def _before(self) -> int:
        if self._after is None and self._query.since in (None, self._first):
            return 0
        return self._count(replace(self._query, until=self._first), self._after)

    @cached_property
    def _behind(self) -> int:
        if self._query.until in (None, self._last):
            return 0
        return self._count(replace(self._query, since=self._last), None)

    def _count(self, query: PageQuery, after: SortKey | None) -> int:
        counted = select(func.count()).select_from(query.rows).where(*query.after(after))
        return int(self._connection.execute(counted).scalar_one())


def _last_midnight(at: datetime) -> datetime:
    """Return the last UTC midnight at or before an instant."""
    return EPOCH + (at - EPOCH) // DAY * DAY


def _first_midnight(at: datetime) -> datetime:
    """Return the first UTC midnight at or after an instant, or `LATEST` if there is none."""
    return LATEST if LATEST - at < DAY else EPOCH - (EPOCH - at) // DAY * DAY
