"""The custom fields of a site, and the unknown fields that callers sent."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, select

from dealtrace.record import record
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.settings import custom_field, unknown_field

FIELD_NAME_LENGTH_MAX = 100


@record
class UnknownField:
    """A field that callers send and the site does not have: how often its values were ignored, and when last."""

    name: str
    seen: int
    last_seen_at: datetime


def insert_custom_field(connection: Connection, site_id: int, name: str, now: datetime) -> bool:
    """Add a field to the site, which is then no longer unknown; `False` if the site already has it."""
    statement = insert_into(connection, custom_field).values(site_id=site_id, name=name, added_at=now)
    statement = statement.on_conflict_do_nothing(index_elements=["site_id", "name"]).returning(custom_field.c.name)
    added = connection.execute(statement).first() is not None
    connection.execute(delete(unknown_field).where(unknown_field.c.site_id == site_id, unknown_field.c.name == name))
    return added


def delete_custom_field(connection: Connection, site_id: int, name: str) -> bool:
    """Remove a field from the site; `False` if the site does not have it. Stored values stay."""
    mine = (custom_field.c.site_id == site_id, custom_field.c.name == name)
    return connection.execute(delete(custom_field).where(*mine).returning(custom_field.c.name)).first() is not None


def list_custom_fields(connection: Connection, site_id: int) -> list[str]:
    """List the names of the site's fields in alphabetical order."""
    names = select(custom_field.c.name).where(custom_field.c.site_id == site_id)
    return list(connection.execute(names.order_by(custom_field.c.name)).scalars())


def count_unknown_fields(connection: Connection, site_id: int, seen: Mapping[str, int], now: datetime) -> None:
    """Add to the counts of unknown fields, given by name."""
    if not seen:
        return
    statement = insert_into(connection, unknown_field)
    statement = statement.on_conflict_do_update(
        index_elements=["site_id", "name"],
        set_={
            "seen": unknown_field.c.seen + statement.excluded.seen,
            "last_seen_at": statement.excluded.last_seen_at,
        },
    )
    rows = [
        {"site_id": site_id, "name": name, "seen": count, "last_seen_at": now} for name, count in sorted(seen.items())
    ]
    connection.execute(statement, rows)


def list_unknown_fields(connection: Connection, site_id: int) -> list[UnknownField]:
    """List the unknown fields that callers sent, the most frequent first."""
    query = select(unknown_field).where(unknown_field.c.site_id == site_id)
    rows = connection.execute(query.order_by(unknown_field.c.seen.desc(), unknown_field.c.name))
    return [UnknownField(row.name, row.seen, row.last_seen_at) for row in rows]
