"""What the tests of the column mirror share."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dealtrace.storage.database.engine import Database, open_database


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """Give a SQLite database: PostgreSQL has no mirror."""
    file = tmp_path / "dealtrace.db"
    shutil.copy(sqlite_template, file)
    opened = open_database(f"sqlite:///{file}")
    yield opened
    opened.close()
