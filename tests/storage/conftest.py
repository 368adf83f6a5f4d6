"""Every statement that runs here is audited: it must run on a cluster too."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from auditor import audited as audited
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks

IDS = 1000


@pytest.fixture
def ids(database: Database) -> IdBlocks:
    """Return ids to give away."""
    blocks = IdBlocks(database.writer)
    blocks.ensure(IDS)
    return blocks


@pytest.fixture
def connection(database: Database, ids: IdBlocks) -> Iterator[Connection]:
    """Open the transaction of a test, after ids were taken: SQLite has one writer."""
    with database.write() as opened:
        yield opened
