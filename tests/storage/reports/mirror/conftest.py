"""What the tests of the column mirror share."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cast import Stage
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.reports.mirror.mirror import folder_of
from engines import CopySqlite
from mirrored import Scene


@pytest.fixture
def database(copy_sqlite: CopySqlite, tmp_path: Path) -> Iterator[Database]:
    """Give a SQLite database: PostgreSQL has no mirror."""
    file = tmp_path / "dealtrace.db"
    opened = open_database(copy_sqlite(file))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def asked_scene(copy_sqlite: CopySqlite, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Give a site of which the mirror was asked once, whose files are there to be copied."""
    database = open_database(copy_sqlite(tmp_path_factory.mktemp("asked") / "dealtrace.db"))
    made = Scene(Stage(database))
    made.compare()
    database.close()
    return made


@pytest.fixture
def scene(asked_scene: Scene, tmp_path: Path) -> Iterator[Scene]:
    """Give a site of which the mirror was asked once: building it takes ten times the CPU of a copy."""
    original, file = asked_scene.stage.database, tmp_path / "dealtrace.db"
    shutil.copy(original.file, file)
    database = open_database(f"sqlite:///{file}")
    shutil.copytree(folder_of(original), folder_of(database))
    yield asked_scene.moved_to(database)
    database.close()
