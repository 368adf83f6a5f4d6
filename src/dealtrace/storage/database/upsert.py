"""Insert-or-update in the one form both engines share."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert


def insert_into(connection: Connection, table: Table) -> "PostgresqlInsert | SqliteInsert | Any":
    """Begin an insert that may go on with `.on_conflict_do_update(…)`; the text comes out the same on both engines."""
    return sqlite_insert(table) if connection.dialect.name == "sqlite" else postgresql_insert(table)
