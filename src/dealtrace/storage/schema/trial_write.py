"""Find out whether a database can be written to, by writing to it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine, insert, update

from dealtrace.storage.database.engine import SQLITE
from dealtrace.storage.schema.tables.control import id_block, installation

TRIAL_BYTES = 1024 * 1024
"""How much is written: more than the longest lead or deal, so that there is room for whatever is sent next."""
_SMALL_CACHE_PAGES = 10


def write_on_trial(engine: Engine) -> None:
    """Write a long row and take it back, then use up one id and commit.

    A short write alone would prove little: it may find a place in a file that cannot grow, and SQLite writes nothing at
    all if a row keeps its values. For SQLite, pages in the log are first moved to the database file, because a log that
    has reached a limit would never be moved otherwise.

    Raises:
        Exception: the database's error, if it cannot be written to.
    """
    with engine.connect() as connection, _spilling(connection):  # closing the connection takes the row back
        connection.execute(insert(installation).values(name="trial", value=secrets.token_hex(TRIAL_BYTES // 2)))
    with engine.begin() as connection:
        connection.execute(update(id_block).where(id_block.c.name == "id").values(next_id=id_block.c.next_id + 1))


@contextmanager
def _spilling(connection: Connection) -> Iterator[None]:
    """Let SQLite write pages before the commit; it keeps them in its cache otherwise. PostgreSQL needs no preparation.

    The driver's cursor is used because SQLAlchemy would begin a transaction.
    """
    if connection.dialect.name != SQLITE:
        yield
        return
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    (size,) = cursor.execute("PRAGMA cache_size").fetchone()
    cursor.execute(f"PRAGMA cache_size={_SMALL_CACHE_PAGES}")
    try:
        yield
    finally:
        with suppress(Exception):  # a connection that broke is not used again
            connection.connection.cursor().execute(f"PRAGMA cache_size={size}")
