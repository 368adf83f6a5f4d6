"""An insert with `ON CONFLICT` for SQLite and PostgreSQL."""

from typing import Any

from sqlalchemy import Connection, Table

from dealtrace.storage.database.compiled_statement import engine_insert


def insert_into(connection: Connection, table: Table) -> Any:
    """Return an insert that can be extended with `.on_conflict_do_update(…)` on either engine.

    The insert is typed Any: the inserts of both engines have this method, but share no type that declares it.
    """
    return engine_insert(connection.dialect.name)(table)
