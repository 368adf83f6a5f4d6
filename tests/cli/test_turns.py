"""A command that writes to a SQLite file for long lets other programs write, too."""

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import insert

from dealtrace.cli.terminal import open_prepared
from dealtrace.settings import read_settings
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.database.writing_turns import WRITTEN_MAX_SECONDS
from dealtrace.storage.schema.tables.control import revision
from dealtrace.storage.schema.upgrade import prepare_schema

WORK = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT max(i) FROM n"
"""The work of a step, for about 0.05 s, during which the file is locked."""
WAITED_MAX_SECONDS = 5 * WRITTEN_MAX_SECONDS
"""Another program waits for one turn of the command, and for a few on a machine that wakes it too late."""
WRITES = 3


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    url = f"sqlite:///{tmp_path / 'deals.db'}"
    monkeypatch.setenv("DEALTRACE_DATABASE_URL", url)
    with_schema = open_database(url)
    prepare_schema(with_schema)
    with_schema.close()
    read_settings.cache_clear()
    yield url
    read_settings.cache_clear()


def write_in_short_steps(database: Database, done: Event, begun: Event) -> None:
    while not done.is_set():
        with database.write() as connection:
            begun.set()
            connection.exec_driver_sql(WORK).close()


def test_another_program_waits_for_a_turn_and_not_for_the_end_of_a_command(url: str) -> None:
    other, done, begun = open_database(url), Event(), Event()
    with open_prepared() as database:
        command = Thread(target=write_in_short_steps, args=(database, done, begun))
        command.start()
        try:
            begun.wait()
            for number in range(WRITES):
                asked_at = time.monotonic()
                with other.write() as connection:
                    connection.execute(insert(revision).values(name=f"other {number}", number=1))
                assert time.monotonic() - asked_at < WAITED_MAX_SECONDS
        finally:
            done.set()
            command.join()
            other.close()
