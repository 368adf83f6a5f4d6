"""One thread ends the statements of a report that take too long, each by its own time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text

from cast import Stage
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.storage.database.database_errors import StatementStopped
from dealtrace.storage.database.engine import Database
from dealtrace.storage.reports.mirror.statement_limit import StatementLimit

ENDLESS = select(func.count()).select_from(text("range(100000000) AS a, range(100000000) AS b"))
SHORT = select(func.count()).select_from(text("range(10) AS n"))
WAITED_SECONDS = 20


@contextmanager
def threads_started() -> Iterator[list[str]]:
    """Yield a list that has, after the block, the names of the threads that were started in it."""
    before, started = set(threading.enumerate()), list[str]()
    yield started
    started += [thread.name for thread in threading.enumerate() if thread not in before]


def test_each_statement_has_its_own_time_and_all_share_a_thread(database: Database) -> None:
    site, limited = Stage(database).open_site().site, replace(database, read_seconds_max=1)
    for _ in range(2):
        with open_facts(limited, site) as source:
            with threads_started() as started:
                for _ in range(3):
                    assert list(source.fetch(SHORT)) == [(10,)]
            assert started == []
            assert [thread.name for thread in threading.enumerate()].count("statement limit") == 1
            with pytest.raises(StatementStopped):
                source.fetch(ENDLESS)
        assert "statement limit" not in [thread.name for thread in threading.enumerate()]


def test_nothing_is_interrupted_between_statements() -> None:
    interrupted = threading.Event()
    limit = StatementLimit(1, interrupted.set)
    with limit.watching():
        with limit.of_statement():
            pass
        assert not interrupted.wait(1.5)
        with limit.of_statement():
            assert interrupted.wait(WAITED_SECONDS)


def test_without_a_limit_there_is_no_thread(database: Database) -> None:
    with threads_started() as started, open_facts(database, Stage(database).open_site().site) as source:
        assert list(source.fetch(SHORT)) == [(10,)]
        assert "statement limit" not in [thread.name for thread in threading.enumerate()]
    assert "statement limit" not in started
