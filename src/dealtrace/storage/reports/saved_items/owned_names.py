"""Named rows, each owned either by a site, whose users share the row, or by a single user of a site."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select, update

from dealtrace.storage.database.upsert import insert_into

_SITES_OWN = 0
"""The user id stored with rows that belong to the site."""


def stored_owner(user_id: int | None) -> int:
    """Return the user id that is stored for an owner; `None` stands for the site."""
    return user_id if user_id is not None else _SITES_OWN


def owner_of(stored_id: int) -> int | None:
    """Return the owner that a stored user id stands for; `None` stands for the site."""
    return stored_id if stored_id != _SITES_OWN else None


def is_named(table: Table, site_id: int, user_id: int | None, name: str) -> tuple[ColumnElement[bool], ...]:
    """Return the SQL conditions that a row has a name and belongs to an owner."""
    return table.c.site_id == site_id, table.c.user_id == stored_owner(user_id), table.c.name == name


def is_shown_to(table: Table, site_id: int, user_id: int | None) -> tuple[ColumnElement[bool], ...]:
    """Return the SQL conditions that a row belongs to the site or to the user."""
    return table.c.site_id == site_id, table.c.user_id.in_(sorted({_SITES_OWN, stored_owner(user_id)}))


def insert_named(
    connection: Connection,
    table: Table,
    owner: tuple[int, int | None],
    name: str,
    values: Mapping[str, object],
    *,
    overwrites: bool,
) -> bool:
    """Store a row under a name and return `True`; return `False` if the name is in use and `overwrites` is false.

    `owner` is a pair: the id of a site, and the id of a user, or `None` if the row belongs to the site itself.
    """
    site_id, user_id = owner
    statement = insert_into(connection, table).values(
        site_id=site_id, user_id=stored_owner(user_id), name=name, **values
    )
    key = ["site_id", "user_id", "name"]
    if overwrites:
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_=values))
        return True
    stored = statement.on_conflict_do_nothing(index_elements=key).returning(table.c.name)
    return connection.execute(stored).first() is not None


def rename_named(
    connection: Connection, table: Table, site_id: int, user_id: int | None, name: str, *, new_name: str
) -> bool:
    """Rename a row, found by its name, and return whether it existed; the new name must not be in use."""
    renamed = update(table).where(*is_named(table, site_id, user_id, name)).values(name=new_name)
    return connection.execute(renamed.returning(table.c.name)).first() is not None


def delete_named(connection: Connection, table: Table, site_id: int, user_id: int | None, name: str) -> bool:
    """Delete a row, found by its name, and return whether it existed."""
    gone = delete(table).where(*is_named(table, site_id, user_id, name)).returning(table.c.name)
    return connection.execute(gone).first() is not None


def count_named(connection: Connection, table: Table, site_id: int) -> int:
    """Count the rows of a site and of all its users."""
    return int(connection.execute(select(func.count()).where(table.c.site_id == site_id)).scalar_one())
