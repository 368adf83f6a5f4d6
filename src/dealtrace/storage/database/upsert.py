"""Insert-or-update in the form that both engines share."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert


def insert_into(connection: Connection, table: Table) -> "PostgresqlInsert | SqliteInsert | Any":
    """Return an insert that can be extended with `.on_conflict_do_update(…)` on either engine.

    Any: the inserts of both engines have this method, but share no type that declares it.
    """
    return sqlite_insert(table) if connection.dialect.name == "sqlite" else postgresql_insert(table)
