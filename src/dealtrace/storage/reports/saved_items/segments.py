"""Segments (saved filters), which belong to a site (shared by its users) or to a single user on a site."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from dealtrace.reports.saved_items.segments import Segment
from dealtrace.storage.reports.saved_items.owned_names import (
    count_named,
    delete_named,
    insert_named,
    is_shown_to,
    owner_of,
    rename_named,
)
from dealtrace.storage.schema.tables.reports import segment


def insert_segment(
    connection: Connection, site_id: int, added: Segment, now: datetime, *, overwrites: bool = False
) -> bool:
    """Store a segment and return `True`; return `False` if its name is in use and `overwrites` is false."""
    values = {"filters": list(added.filters), "added_at": now}
    return insert_named(connection, segment, (site_id, added.user_id), added.name, values, overwrites=overwrites)


def rename_segment(connection: Connection, site_id: int, user_id: int | None, name: str, new_name: str) -> bool:
    """Rename a user's own segment, or a shared segment if `user_id` is `None`; return whether it existed.

    The new name must not be in use.
    """
    return rename_named(connection, segment, site_id, user_id, name, new_name=new_name)


def delete_segment(connection: Connection, site_id: int, name: str, user_id: int | None = None) -> bool:
    """Delete a user's own segment, or a shared segment if `user_id` is `None`, and return whether it existed."""
    return delete_named(connection, segment, site_id, user_id, name)


def find_owners(connection: Connection, site_id: int, names: Collection[str]) -> set[int | None]:
    """Find the ids of users who own a segment with one of `names`; `None` stands for a segment of the site itself."""
    named = select(segment.c.user_id).where(segment.c.site_id == site_id, segment.c.name.in_(sorted(names)))
    return set(map(owner_of, connection.execute(named).scalars()))


def list_segments(connection: Connection, site_id: int, user_id: int | None = None) -> list[Segment]:
    """List the segments of the site, then the user's own segments, both ordered by name."""
    mine = select(segment).where(*is_shown_to(segment, site_id, user_id))
    found = [Segment(row.name, tuple(row.filters), owner_of(row.user_id)) for row in connection.execute(mine)]
    return sorted(found, key=lambda each: (each.user_id is not None, each.name))


def count_segments(connection: Connection, site_id: int) -> int:
    """Count the segments of a site and of all its users."""
    return count_named(connection, segment, site_id)
