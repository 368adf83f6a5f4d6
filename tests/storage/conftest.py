"""Every statement that runs here is audited: it must run on a cluster too."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection

from auditor import audited as audited
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.id_blocks import IdBlocks

IDS = 1000


@pytest.fixture(scope="session")
def undone_database(new_database_url: Callable[[], str]) -> Iterator[Database]:
    """Give the one database of each engine in which every test undoes what it writes."""
    opened = open_database(new_database_url())
    yield opened
    opened.close()


@pytest.fixture
def ids(request: pytest.FixtureRequest) -> IdBlocks:
    """Return ids to give away, of the test's own database if it has one."""
    database = "database" if "database" in request.fixturenames else "undone_database"
    blocks = IdBlocks(request.getfixturevalue(database).writer)
    blocks.ensure(IDS)
    return blocks


@pytest.fixture
def connection(undone_database: Database, ids: IdBlocks) -> Iterator[Connection]:
    """Open the transaction of a test in an empty database, after ids were taken, and undo it at the end.

    SQLite has one writer: a test that opens other transactions asks for a `database` of its own instead.
    """
    del ids
    with undone_database.writer.connect() as opened, opened.begin() as transaction:
        yield opened
        transaction.rollback()
