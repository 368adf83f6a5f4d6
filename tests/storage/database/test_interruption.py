"""Reads that are ended from another thread, on both engines."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import Connection, func, select, text

from dealtrace.storage.database.database_errors import StatementStopped, is_stopped
from dealtrace.storage.database.engine import Database
from dealtrace.storage.database.interruption import Interruption
from waiting import PATIENCE_SECONDS

ENDLESS = select(func.count()).select_from(
    text("(WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2000000000) SELECT x FROM n) AS n")
)


def test_a_statement_that_runs_is_ended_and_none_follows(database: Database) -> None:
    begun = Event()

    def read_for_long(connection: Connection) -> object:
        begun.set()
        return connection.execute(ENDLESS).scalar_one()

    def read() -> object:
        with database.read(is_limited=False) as connection:
            return read_for_long(connection)

    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(read)
        assert begun.wait(PATIENCE_SECONDS)
        database.interruption.begin()
        fault = reading.exception(PATIENCE_SECONDS)
    assert fault is not None
    assert is_stopped(fault)
    with pytest.raises(StatementStopped), database.read():
        pass


def test_each_connection_is_interrupted_until_its_block_ends() -> None:
    interruption, ends = Interruption(), [Event(), Event(), Event()]

    def broken() -> None:
        ends[1].set()
        raise OSError("the connection is broken")

    def third() -> None:  # its statement begins after the first interruption
        if ends[0].is_set():
            ends[2].set()
        ends[0].set()

    with interruption.reaching(broken), interruption.reaching(third):
        interruption.begin()
        assert all(end.wait(PATIENCE_SECONDS) for end in ends)
    interruption.begin()
    with pytest.raises(StatementStopped):
        interruption.require_none()
