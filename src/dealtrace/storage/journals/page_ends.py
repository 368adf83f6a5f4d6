"""The ends of the pages of journals, stored so that any process finds the next page quickly."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select

from dealtrace.record import record
from dealtrace.storage.database.many_rows import execute_many
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.journals.keyset_pages import Cursor, SortKey
from dealtrace.storage.schema.tables.page_ends import page_end


@record
class PageEnd:
    """The end of a page that `reader` read: the key of its last row, the next page's offset, and the list's length."""

    reader: str
    offset_after: int
    last: SortKey
    total: int


def find_cursor(connection: Connection, site_id: int, reader: str, offset: int, since: datetime) -> Cursor:
    """Return the cursor with which the page at `offset` is found by skipping the fewest rows.

    The cursor begins at the end of the nearest earlier page that `reader` has read since the time `since`. If there is
    no such page, it begins at the start of the list.
    """
    nearest = (
        select(page_end)
        .where(page_end.c.site_id == site_id, page_end.c.reader == reader)
        .where(page_end.c.offset_after <= offset, page_end.c.read_at >= since)
        .order_by(page_end.c.offset_after.desc())
        .limit(1)
    )
    found = connection.execute(nearest).one_or_none()
    if found is None:
        return Cursor(offset, skip=offset)
    return Cursor(offset, SortKey(found.last_at, found.last_id), offset - found.offset_after, found.total)


def store_page_ends(connection: Connection, site_id: int, ends: Sequence[PageEnd], now: datetime) -> None:
    """Store the ends of pages; `now` is the time at which the pages were read.

    An end that is already stored for the same reader and offset is replaced.
    """
    rows = {
        (end.reader, end.offset_after): {
            "site_id": site_id,
            "reader": end.reader,
            "offset_after": end.offset_after,
            "last_at": end.last.at,
            "last_id": end.last.id,
            "total": end.total,
            "read_at": now,
        }
        for end in ends
    }
    start = insert_into(connection, page_end)
    statement = start.on_conflict_do_update(
        index_elements=["site_id", "reader", "offset_after"],
        set_={name: start.excluded[name] for name in ("last_at", "last_id", "total", "read_at")},
    )
    execute_many(connection, statement, [rows[key] for key in sorted(rows)])


def delete_old_page_ends(connection: Connection, site_id: int, before: datetime) -> None:
    """Delete the stored ends of those pages of a site's journals that were read before the time `before`."""
    connection.execute(delete(page_end).where(page_end.c.site_id == site_id, page_end.c.read_at < before))
