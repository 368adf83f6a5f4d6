"""Settings of the whole installation that its owners change in the cabinet."""

from sqlalchemy import ColumnElement, Connection, exists, select

from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.control import installation

_FACTOR = "second_factor_demanded"
_SWITCH = {True: "on", False: "off"}


def factor_demanded() -> ColumnElement[bool]:
    """Return the SQL condition that holds if every user must have a second factor."""
    return exists().where(installation.c.name == _FACTOR, installation.c.value == _SWITCH[True])


def is_factor_demanded(connection: Connection) -> bool:
    """Return whether every user must have a second factor."""
    return bool(connection.execute(select(factor_demanded())).scalar_one())


def set_factor_demanded(connection: Connection, *, is_demanded: bool) -> None:
    """Store whether every user must have a second factor."""
    statement = insert_into(connection, installation).values(name=_FACTOR, value=_SWITCH[is_demanded])
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": statement.excluded.value})
    )
