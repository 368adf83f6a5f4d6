"""End reads from the database when they exceed a time limit, or when another thread asks for it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from dealtrace.storage.database.interruption import Interrupt

STEPS_BETWEEN_LOOKS = 100_000
"""How many steps SQLite's virtual machine runs between two checks of the clock; the steps take a few milliseconds."""


@contextmanager
def stopped_after(connection: Connection, seconds: int) -> Iterator[None]:
    """Stop reads of a connection inside the block if they exceed a time limit in seconds; 0 means no limit.

    PostgreSQL limits each statement, SQLite all statements of the transaction together.
    """
    if not seconds:
        yield
    elif connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL statement_timeout = {seconds * 1000}"))
        yield
    else:
        file = connection.connection.driver_connection
        assert file is not None
        deadline = time.monotonic() + seconds
        file.set_progress_handler(lambda: time.monotonic() > deadline, STEPS_BETWEEN_LOOKS)
        try:
            yield
        finally:
            file.set_progress_handler(None, 0)


def interrupt_of(connection: Connection) -> Interrupt:
    """Return a function with which another thread can end the statement that a connection is running."""
    name = "interrupt" if connection.dialect.name == "sqlite" else "cancel"
    interrupt: Interrupt = getattr(connection.connection.driver_connection, name)
    return interrupt
