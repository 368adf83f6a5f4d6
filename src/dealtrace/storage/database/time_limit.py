"""A time limit for statements that read."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

STEPS_BETWEEN_LOOKS = 100_000
"""Steps of SQLite's virtual machine between two checks of the clock: a few milliseconds."""


@contextmanager
def stopped_after(connection: Connection, seconds: int) -> Iterator[None]:
    """Stop the reads of a connection's transaction that take longer than `seconds`; 0 means no limit.

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
