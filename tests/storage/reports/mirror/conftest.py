"""What the tests of the column mirror share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dealtrace.storage.database.engine import Database, open_database
from engines import CopySqlite


@pytest.fixture
def database(copy_sqlite: CopySqlite, tmp_path: Path) -> Iterator[Database]:
    """Give a SQLite database: PostgreSQL has no mirror."""
    file = tmp_path / "dealtrace.db"
    opened = open_database(copy_sqlite(file))
    yield opened
    opened.close()
