"""Run a statement for each of many rows."""

from collections.abc import Sequence

from sqlalchemy import Connection, Executable

from dealtrace.storage.database.compiled_statement import ValuesByName


def execute_many(connection: Connection, statement: Executable, rows: Sequence[ValuesByName]) -> None:
    """Run a statement for each of `rows`; without rows, do nothing.

    `Connection.execute` would run the statement once without parameters, which inserts a row of defaults, or fails.
    """
    if rows:
        connection.execute(statement, rows)
