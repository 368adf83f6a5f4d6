"""The file of the mirror: whatever befalls it, figures are those of the database."""

import os
import shutil
import signal
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from errno import ENOSPC
from pathlib import Path
from threading import Event, Thread
from zoneinfo import ZoneInfo

import duckdb
import pytest

from account_work import account_work
from cast import Stage
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.personal_data import erase_person
from dealtrace.operations.reports.ask import FactSource
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.reports.facts import Fact
from dealtrace.reports.refusals import MirrorBusy
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.reports.fact_tables import DealTime
from dealtrace.storage.reports.mirror.facts import MirrorFacts
from dealtrace.storage.reports.mirror.library import connect
from dealtrace.storage.reports.mirror.mirror import (
    current_mirror,
    file_of,
    folder_of,
    forget_mirror,
    held_mirror,
    without_mirror,
)
from dealtrace.storage.reports.mirror.status import Rebuild, find_mirror_status
from dealtrace.storage.schema.upgrade import upgrade_schema
from engines import CopySqlite
from examples import drawn
from mirrored import NOON, PHONE, Scene, stored_and_mirrored
from processes import Order, keeper
from write_commands import by_contact, registration

CRASHING = Path(__file__).with_name("crash_taking_over.py")
AFTER_ALL = 10**6
"""A step that is never reached."""


def register(scene: Scene, number: str) -> None:
    scene.stage.perform(
        register_deals, scene.shop, registration(number, happened_at=NOON, clue=by_contact(PHONE), tags=(number,))
    )


def crash_at(scene: Scene, step: int, said: Path | None = None) -> int:
    """Bring the mirror up to date in a process that kills itself before a step; return its exit status.

    A process that goes through all steps says into `said` how many there were.
    """
    arguments = [str(CRASHING), str(scene.stage.database.url), str(step)]
    order = Order(arguments, dict(os.environ), "/", how="script", out=str(said or os.devnull))
    return keeper().start(order).wait()


def builds(database: Database) -> list[str]:
    """Open the mirror and return the tables that had to be filled for that."""
    filled: list[str] = []
    with current_mirror(database, filled.append):
        pass
    return filled


def test_what_was_just_registered_is_in_the_next_figure(scene: Scene) -> None:
    register(scene, "next")
    assert builds(scene.stage.database) == []
    scene.compare()


def test_settings_of_the_site_need_nothing_to_be_built(scene: Scene) -> None:
    site = scene.shop.site
    for changed in (
        replace(site, contact_matching=False),
        replace(site, target_call=timedelta(seconds=301)),
        replace(site, time_zone=ZoneInfo("Asia/Vladivostok")),
    ):
        stored, mirrored = stored_and_mirrored(scene.stage.database, changed)
        assert mirrored == stored
    assert builds(scene.stage.database) == []


def test_a_process_that_dies_at_any_step_of_taking_over_changes_no_figure(scene: Scene, tmp_path: Path) -> None:
    register(scene, "all steps")
    said = tmp_path / "said"
    assert crash_at(scene, AFTER_ALL, said) == 0
    steps = int(said.read_text())
    assert steps > 10
    for step in drawn(range(1, steps + 1)):
        register(scene, f"step {step}")
        assert crash_at(scene, step) == -signal.SIGKILL
        scene.compare()


def test_a_process_that_dies_at_any_step_of_building_changes_no_figure(scene: Scene) -> None:
    for step in drawn((1, 2, 5, 15, 20, 22, 23, 24)):
        shutil.rmtree(folder_of(scene.stage.database))
        register(scene, f"step {step}")
        crash_at(scene, step)
        scene.compare()


@pytest.mark.parametrize("damage", [b"", b"no DuckDB file", b"\0" * 100_000])
def test_a_damaged_file_is_built_anew(scene: Scene, damage: bytes) -> None:
    file_of(scene.stage.database).write_bytes(damage)
    register(scene, "after")
    scene.compare()


def test_damage_in_the_middle_of_the_file_is_built_anew_when_it_is_found(scene: Scene) -> None:
    file = file_of(scene.stage.database)
    content = bytearray(file.read_bytes())
    content[12_288 : len(content) // 2] = bytes(len(content) // 2 - 12_288)
    file.write_bytes(content)
    register(scene, "after")
    scene.compare()


def test_a_mirror_of_another_version_is_built_anew(scene: Scene) -> None:
    with duckdb.connect(str(file_of(scene.stage.database))) as mirror:
        mirror.execute("UPDATE state SET version = 0")
    assert builds(scene.stage.database)
    scene.compare()


def test_a_restored_backup_beside_a_newer_mirror_is_noticed(scene: Scene, tmp_path: Path) -> None:
    database, copy = scene.stage.database, tmp_path / "copy.db"
    with closing(sqlite3.connect(database.file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    register(scene, "lost")
    scene.compare()
    database.close()
    for suffix in ("-wal", "-shm"):
        database.file.with_name(database.file.name + suffix).unlink(missing_ok=True)
    shutil.copy(copy, database.file)
    scene.compare()


def test_the_mirror_of_another_database_is_never_asked(scene: Scene, copy_sqlite: CopySqlite, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    database = open_database(copy_sqlite(other))
    strangers = Scene(Stage(database))
    shutil.copytree(folder_of(scene.stage.database), folder_of(database))
    strangers.compare()
    database.close()


def test_an_upgraded_schema_makes_it_be_built_anew(scene: Scene) -> None:
    database = scene.stage.database
    upgrade_schema(database)
    assert builds(database) == [], "nothing was upgraded"
    with database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER mark_deal_insert")
    status = find_mirror_status(database)
    assert status is not None
    assert "schema" in status.obstacle
    register(scene, "unmarked")
    scene.compare()


def test_many_who_ask_at_once_all_ask_the_mirror(scene: Scene) -> None:
    failed: list[BaseException] = []

    def ask(number: int) -> None:
        try:
            for _ in range(5):
                with open_facts(scene.stage.database, scene.shop.site) as source:
                    assert isinstance(source.tables, MirrorFacts), number
                    source.fetch(source.tables.statuses())
        except BaseException as fault:
            failed.append(fault)
            raise

    threads = [Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for number in range(5):
        register(scene, f"meanwhile {number}")
    for thread in threads:
        thread.join()
    assert failed == []
    scene.compare()


def count_deals(source: FactSource) -> int:
    return len(source.fetch(source.tables.rows(Fact.DEALS, set(), DealTime.HAPPENED)))


def test_threads_of_a_process_read_side_by_side_each_the_state_of_its_beginning(scene: Scene) -> None:
    database, site = scene.stage.database, scene.shop.site
    with open_facts(database, site) as before:
        earlier = count_deals(before)
        register(scene, "between")
        with open_facts(database, site) as after:
            assert isinstance(after.tables, MirrorFacts)
            assert count_deals(after) == earlier + 1
        assert count_deals(before) == earlier
    assert builds(database) == []


def test_a_process_that_waits_for_the_mirror_is_not_overtaken_by_threads_that_could_share_it(scene: Scene) -> None:
    database = scene.stage.database
    had = Event()

    def wait_for_it() -> None:
        with held_mirror(database):
            had.set()

    waiting = Thread(target=wait_for_it)
    with current_mirror(database):
        waiting.start()
        while True:
            try:
                with current_mirror(database, patience=0.05):
                    assert not had.is_set()
            except MirrorBusy:
                break
    waiting.join()
    assert had.is_set()


def test_a_report_waits_for_the_mirror_no_longer_than_it_may_take(scene: Scene) -> None:
    limited = replace(scene.stage.database, read_seconds_max=1)
    with held_mirror(limited), pytest.raises(MirrorBusy), open_facts(limited, scene.shop.site):
        pass


def test_a_mirror_that_is_damaged_while_others_read_it_is_built_anew_once_they_left(scene: Scene) -> None:
    database = scene.stage.database
    with current_mirror(database):
        with database.write() as connection:
            forget_mirror(connection)
        with pytest.raises(MirrorBusy), current_mirror(database, patience=0.05):
            pass
    scene.compare()


def test_who_waits_for_too_long_is_informed(database: Database) -> None:
    with held_mirror(database), pytest.raises(MirrorBusy), held_mirror(database, patience=0.05):
        pass


def test_sqlite_answers_by_itself_where_no_mirror_can_be_built(scene: Scene) -> None:
    database = scene.stage.database
    shutil.rmtree(folder_of(database))
    folder_of(database).write_text("in the way")
    scene.compare()
    folder_of(database).unlink()


def test_a_build_that_fails_leaves_no_files(scene: Scene) -> None:
    database = scene.stage.database
    with without_mirror(database):
        pass

    def fail(table: str) -> None:
        if table == "deals":
            raise OSError(ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"), current_mirror(database, fail):
        pass
    assert {entry.name for entry in folder_of(database).iterdir()} == {"lock", "fault"}
    assert builds(database)


def test_an_erased_person_is_in_no_file_of_the_mirror(scene: Scene) -> None:
    database, folder = scene.stage.database, folder_of(scene.stage.database)
    scene.stage.perform(
        register_deals, scene.shop,
        registration("theirs", happened_at=NOON, clue=by_contact(PHONE), custom_values={"branch": "Erase-me street 1"}),
    )  # fmt: skip
    scene.compare()
    assert any(b"Erase-me" in file.read_bytes() for file in folder.iterdir())
    with without_mirror(database), database.write() as connection:
        erase_person(account_work(connection), [scene.shop.site], PHONE)
    scene.compare()
    assert not any(b"Erase-me" in file.read_bytes() for file in folder.iterdir())


def test_an_erasure_that_goes_past_the_mirror_makes_it_be_built_anew(scene: Scene) -> None:
    with scene.stage.database.write() as connection:
        erase_person(account_work(connection), [scene.shop.site], PHONE)
    assert builds(scene.stage.database)
    scene.compare()


def test_a_process_opens_it_again_after_a_file_that_was_none(scene: Scene) -> None:
    database = scene.stage.database
    for number in range(3):
        file_of(database).write_bytes(b"no DuckDB file")
        assert builds(database)
        assert builds(database) == []
        register(scene, f"again {number}")
        scene.compare()


def test_what_a_killed_process_spilled_is_removed(scene: Scene) -> None:
    left = folder_of(scene.stage.database) / "spilled"
    left.mkdir()
    (left / "duckdb_temp_storage-0.tmp").write_bytes(b"rows")
    scene.compare()
    assert not left.exists()


def test_two_mirrors_of_one_process_are_read_side_by_side(
    scene: Scene, copy_sqlite: CopySqlite, tmp_path: Path
) -> None:
    file = tmp_path / "second.db"
    database = open_database(copy_sqlite(file))
    second = Scene(Stage(database))
    with open_facts(scene.stage.database, scene.shop.site) as first:
        second.compare()
        assert isinstance(first.tables, MirrorFacts)
        assert count_deals(first) == len(scene.deals)
        scene.compare()
    second.compare()
    database.close()


def test_only_the_owner_reads_its_files(scene: Scene) -> None:
    folder = folder_of(scene.stage.database)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_no_contact_is_in_its_files(scene: Scene) -> None:
    for file in folder_of(scene.stage.database).iterdir():
        assert PHONE.encode() not in file.read_bytes()


def rebuild_of(database: Database) -> Rebuild | None:
    """Return the last rebuild that the status names."""
    status = find_mirror_status(database)
    assert status is not None
    return status.rebuild


def test_the_first_build_is_no_rebuild(scene: Scene) -> None:
    assert rebuild_of(scene.stage.database) is None


def test_a_failed_taking_over_is_named_as_the_cause_of_the_rebuild(scene: Scene) -> None:
    database = scene.stage.database
    with duckdb.connect(str(file_of(database))) as mirror:
        mirror.execute("DROP TABLE deal_tags")
    register(scene, "next")
    scene.compare()
    rebuild = rebuild_of(database)
    assert rebuild is not None
    assert "deal_tags does not exist" in rebuild.cause
    assert "\n" not in rebuild.cause
    assert rebuild.rebuilt_at <= datetime.now(UTC)
    register(scene, "after")
    scene.compare()
    assert rebuild_of(database) == rebuild


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ("UPDATE state SET version = 0", "another version"),
        ("UPDATE state SET stamp = '', stamp_before = ''", "another state of the database"),
    ],
)
def test_a_mirror_that_does_not_fit_is_rebuilt_with_its_cause(scene: Scene, change: str, cause: str) -> None:
    with duckdb.connect(str(file_of(scene.stage.database))) as mirror:
        mirror.execute(change)
    scene.compare()
    rebuild = rebuild_of(scene.stage.database)
    assert rebuild is not None
    assert cause in rebuild.cause


def test_an_erasure_is_no_rebuild_and_forgets_the_last(scene: Scene) -> None:
    database = scene.stage.database
    file_of(database).write_bytes(b"no DuckDB file")
    scene.compare()
    assert rebuild_of(database) is not None
    with without_mirror(database), database.write() as connection:
        erase_person(account_work(connection), [scene.shop.site], PHONE)
    scene.compare()
    assert rebuild_of(database) is None


def test_it_says_how_it_stands(scene: Scene) -> None:
    database = scene.stage.database
    before = find_mirror_status(database)
    assert before is not None
    assert (before.behind, before.obstacle) == (0, "")
    assert before.size_bytes > 0
    register(scene, "waiting")
    after = find_mirror_status(database)
    assert after is not None
    assert after.behind >= 2
    assert find_mirror_status(replace(database, mirror_memory_mib=0)) is None


def test_duckdb_gets_the_memory_that_is_set_and_a_folder_for_the_rest(tmp_path: Path) -> None:
    mirror = connect(tmp_path / "own.duckdb", 64, tmp_path / "spilled")
    settings = "SELECT current_setting('memory_limit'), current_setting('temp_directory')"
    assert mirror.execute(settings) == [("64.0 MiB", str(tmp_path / "spilled"))]
    mirror.close()
