"""A build of the mirror that a stopping server ends: nothing is left of it, and the next one is whole."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.storage.database.database_errors import StatementStopped
from dealtrace.storage.database.engine import Database
from dealtrace.storage.database.interruption import Interruption
from dealtrace.storage.reports.mirror.copy_facts import MIRRORED_TABLES
from dealtrace.storage.reports.mirror.library import connect
from dealtrace.storage.reports.mirror.mirror import folder_of, held_mirror, is_built, remove_files
from mirrored import Scene
from waiting import PATIENCE_SECONDS, wait_until

LOCKS = {"lock", "waiting"}
ENDLESS = "SELECT count(*) FROM range(1000000000) AS a, range(1000000000) AS b WHERE a.range % 7 = b.range % 11"


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """Give a site whose mirror must be built."""
    remove_files(folder_of(scene.stage.database))
    return scene


def files_of(database: Database) -> set[str]:
    return {file.name for file in folder_of(database).iterdir()} - LOCKS


def test_a_build_that_is_interrupted_at_any_table_leaves_nothing_and_the_next_is_whole(scene: Scene) -> None:
    for number in range(MIRRORED_TABLES):
        stopping = replace(scene.stage.database, interruption=Interruption())
        filled: list[str] = []

        def advance(table: str, number: int = number, filled: list[str] = filled, of: Database = stopping) -> None:
            filled.append(table)
            if len(filled) > number:
                of.interruption.begin()

        with pytest.raises(StatementStopped), open_facts(stopping, scene.shop.site, advance):
            pass
        assert len(filled) == number + 1
        assert not files_of(stopping)
    scene.compare()


def test_statements_side_by_side_end_together(tmp_path: Path) -> None:
    interruption, begun = Interruption(), Event()
    with (
        closing(connect(tmp_path / "facts.duckdb", 64, tmp_path / "spilled", interruption)) as mirror,
        ThreadPoolExecutor(1) as threads,
    ):

        def run() -> None:
            begun.set()
            mirror.execute_side_by_side([ENDLESS, ENDLESS])

        running = threads.submit(run)
        assert begun.wait(PATIENCE_SECONDS)
        interruption.begin()
        assert isinstance(running.exception(PATIENCE_SECONDS), StatementStopped)


def test_a_statement_that_fails_ends_those_beside_it(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "facts.duckdb", 64, tmp_path / "spilled")) as mirror:
        with pytest.raises(Exception, match="no_such_table"):
            mirror.execute_side_by_side(["SELECT * FROM no_such_table", ENDLESS])
        assert mirror.execute("SELECT 1") == [(1,)]


def test_who_waits_for_the_mirror_waits_no_longer_than_the_server_runs(scene: Scene) -> None:
    stopping = replace(scene.stage.database, interruption=Interruption())

    def wait() -> None:
        with open_facts(stopping, scene.shop.site):
            pass

    with held_mirror(scene.stage.database) as folder, ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(wait)
        wait_until((folder / "waiting").exists)
        stopping.interruption.begin()
        assert isinstance(waiting.exception(PATIENCE_SECONDS), StatementStopped)


def test_a_mirror_that_is_being_built_is_none_yet(scene: Scene) -> None:
    database, found = scene.stage.database, []
    with open_facts(database, scene.shop.site, lambda _table: found.append(is_built(database))):
        assert is_built(database)
    assert found == [False] * MIRRORED_TABLES
    assert not is_built(replace(database, mirror_memory_mib=0))
