"""Pages of a long list: found by their keys alone, from where the page before ended."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, FromClause, func, literal, select, tuple_

from dealtrace.record import record


@record
class Position:
    """A row of a list, by which the list is in order."""

    at: datetime
    id: int


@record
class Place:
    """Where a page begins: after `offset` rows, which is `skip` rows behind the row `after` (`None`: the beginning).

    `total` is what the list was counted to when its reading began, `None` if it has to be counted.
    """

    offset: int = 0
    after: Position | None = None
    skip: int = 0
    total: int | None = None


@dataclass(frozen=True)
class Listing:
    """A list: the rows that are `wanted`, by their `moment`, then their `id`.

    `since` belongs to its interval, `until` does not; `None` leaves a side open.
    """

    rows: FromClause
    moment: ColumnElement[datetime]
    id: ColumnElement[int]
    wanted: tuple[ColumnElement[bool], ...]
    since: datetime | None = None
    until: datetime | None = None

    def beyond(self, after: Position | None) -> tuple[ColumnElement[bool], ...]:
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
class KeyPage:
    """The ids of a page, where it ends, and how many rows the list has for whoever reads it from its beginning.

    `end` is `None` when the page is empty.
    """

    ids: list[int]
    end: Position | None
    total: int


def find_page(connection: Connection, listing: Listing, place: Place, limit: int) -> KeyPage:
    """Find a page of at most `limit` rows; it is counted anew only where what is found denies the remembered total.

    The total is the rows before the page, as they were numbered, and those that stand after them now: so a reader comes
    to the last page whatever was added or taken away before.
    """
    keys = connection.execute(
        select(listing.moment, listing.id)
        .select_from(listing.rows)
        .where(*listing.beyond(place.after))
        .order_by(listing.moment, listing.id)
        .limit(limit + 1)
        .offset(place.skip)
    ).all()
    page, goes_on = keys[:limit], len(keys) > limit
    total = place.total
    if total is None or not _agrees(total, place, len(page), goes_on=goes_on):
        total = place.offset - place.skip + _count(connection, listing, place.after)
    end = Position(*page[-1]) if page else None
    return KeyPage([row_id for _, row_id in page], end, total)


def _agrees(total: int, place: Place, found: int, *, goes_on: bool) -> bool:
    if goes_on:
        return total > place.offset + found
    return total == place.offset + found if found else total <= place.offset


def _count(connection: Connection, listing: Listing, after: Position | None) -> int:
    counted = select(func.count()).select_from(listing.rows).where(*listing.beyond(after))
    return int(connection.execute(counted).scalar_one())
