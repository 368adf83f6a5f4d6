"""The custom fields of a site, and the unknown fields that API requests contained."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, select

from dealtrace.record import record
from dealtrace.storage.accounts.unknown_names import NameCounts
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.site_data import custom_field, unknown_field

_COUNTS = NameCounts(unknown_field)


@record
class UnknownField:
    """An unknown custom field in API requests: its name, how often it was sent, and when it was last sent.

    One record counts all fields beyond the maximum number of names; its `name` is empty.
    """

    name: str
    seen: int
    last_seen_at: datetime


def insert_custom_field(connection: Connection, site_id: int, name: str, now: datetime) -> bool:
    """Add a field to the site, and return whether it was added; `False` means that the site already had it.

    In both cases, the field is deleted from the unknown fields.
    """
    statement = insert_into(connection, custom_field).values(site_id=site_id, name=name, added_at=now)
    statement = statement.on_conflict_do_nothing(index_elements=["site_id", "name"]).returning(custom_field.c.name)
    added = connection.execute(statement).first() is not None
    connection.execute(delete(unknown_field).where(unknown_field.c.site_id == site_id, unknown_field.c.name == name))
    return added


def delete_custom_field(connection: Connection, site_id: int, name: str) -> bool:
    """Delete a field of the site, but not its stored values; return whether the site had the field."""
    mine = (custom_field.c.site_id == site_id, custom_field.c.name == name)
    return connection.execute(delete(custom_field).where(*mine).returning(custom_field.c.name)).first() is not None


def list_custom_fields(connection: Connection, site_id: int) -> list[str]:
    """List the names of the site's fields in alphabetical order."""
    names = select(custom_field.c.name).where(custom_field.c.site_id == site_id)
    return list(connection.execute(names.order_by(custom_field.c.name)).scalars())


def count_unknown_fields(connection: Connection, site_id: int, seen: Mapping[str, int], now: datetime) -> None:
    """Add the counts in `seen`, by field name, to the stored counts; names beyond the limit share a row."""
    if seen:
        counted = _COUNTS.fit(connection, site_id, {(name,): count for name, count in seen.items()})
        _COUNTS.add(connection, site_id, counted.seen, now)


def list_unknown_fields(connection: Connection, site_id: int) -> list[UnknownField]:
    """List the unknown fields that API requests contained, most frequent first."""
    query = select(unknown_field).where(unknown_field.c.site_id == site_id)
    rows = connection.execute(query.order_by(unknown_field.c.seen.desc(), unknown_field.c.name))
    return [UnknownField(row.name, row.seen, row.last_seen_at) for row in rows]
