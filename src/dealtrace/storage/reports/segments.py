"""Segments (saved filters), which belong to a site (shared by its users) or to a single user on a site."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from dealtrace.reports.saved_items.segments import Segment
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.reports import segment

SITES_OWN = 0
"""The user id stored with segments and reports that belong to the site."""


def insert_segment(
    connection: Connection, site_id: int, added: Segment, now: datetime, *, overwrites: bool = False
) -> bool:
    """Store a segment and return `True`; return `False` if its name is in use and `overwrites` is false."""
    values = {"filters": list(added.filters), "added_at": now}
    statement = insert_into(connection, segment).values(
        site_id=site_id, user_id=_owner(added.user_id), name=added.name, **values
    )
    key = ["site_id", "user_id", "name"]
    if overwrites:
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_=values))
        return True
    statement = statement.on_conflict_do_nothing(index_elements=key)
    return connection.execute(statement.returning(segment.c.name)).first() is not None


def rename_segment(connection: Connection, site_id: int, user_id: int | None, name: str, new_name: str) -> bool:
    """Rename a user's own segment, or a shared segment if `user_id` is `None`; return whether it existed.

    The new name must not be in use.
    """
    renamed = update(segment).where(*_named(site_id, user_id, name)).values(name=new_name)
    return connection.execute(renamed.returning(segment.c.name)).first() is not None


def delete_segment(connection: Connection, site_id: int, name: str, user_id: int | None = None) -> bool:
    """Delete a user's own segment, or a shared segment if `user_id` is `None`, and return whether it existed."""
    gone = delete(segment).where(*_named(site_id, user_id, name)).returning(segment.c.name)
    return connection.execute(gone).first() is not None


def find_owners(connection: Connection, site_id: int, names: Collection[str]) -> set[int | None]:
    """Find the ids of users who own a segment with one of `names`; `None` stands for the site."""
    named = select(segment.c.user_id).where(segment.c.site_id == site_id, segment.c.name.in_(sorted(names)))
    return {owner if owner != SITES_OWN else None for owner in connection.execute(named).scalars()}


def list_segments(connection: Connection, site_id: int, user_id: int | None = None) -> list[Segment]:
    """List the segments of the site, then the user's own segments, both ordered by name."""
    owners = {SITES_OWN, _owner(user_id)}
    mine = select(segment).where(segment.c.site_id == site_id, segment.c.user_id.in_(sorted(owners)))
    found = [
        Segment(row.name, tuple(row.filters), row.user_id if row.user_id != SITES_OWN else None)
        for row in connection.execute(mine)
    ]
    return sorted(found, key=lambda each: (each.user_id is not None, each.name))


def count_segments(connection: Connection, site_id: int) -> int:
    """Return the number of segments of a site and of all its users."""
    return int(connection.execute(select(func.count()).where(segment.c.site_id == site_id)).scalar_one())


def _named(site_id: int, user_id: int | None, name: str) -> tuple[ColumnElement[bool], ...]:
    return segment.c.site_id == site_id, segment.c.user_id == _owner(user_id), segment.c.name == name


def _owner(user_id: int | None) -> int:
    return user_id if user_id is not None else SITES_OWN
