"""Whether the database can be written, as one place sees it."""

import os
import sqlite3
import time
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import event

from cast import Player, Stage
from dealtrace.errors import DatabaseUnavailable
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.runtime.database_watch import LOOK_SECONDS, NO_ROOM, OK, STALE_SECONDS, DatabaseWatch
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.schema.trial_write import TRIAL_BYTES
from dealtrace.storage.schema.upgrade import prepare_schema
from dealtrace.worker import upkeep
from write_commands import register


def test_a_database_that_is_well_is_well(database: Database) -> None:
    watch = DatabaseWatch(database)
    watch.start()
    assert not watch.health.is_ok, "it was not checked yet"
    assert watch.check().is_ok
    assert watch.health.is_ok
    watch.require()


def test_it_shows_how_far_the_mirror_is_behind_and_stays_well(stage: Stage, shop: Player) -> None:
    watch = DatabaseWatch(stage.database)
    assert watch.check().mirror is None, "no report was asked yet"
    with open_facts(stage.database, shop.site):
        """The first report builds the mirror."""
    built = watch.check().mirror
    register(stage, shop)
    health = watch.check()
    assert health.is_ok
    if stage.database.is_sqlite:
        assert built is not None
        assert health.mirror is not None
        assert (built.behind, built.obstacle) == (0, "")
        assert health.mirror.behind > 0
    else:
        assert (built, health.mirror) == (None, None), "PostgreSQL has no mirror"


def test_nothing_is_written_as_long_as_all_is_well(database: Database) -> None:
    statements: list[str] = []
    event.listen(database.writer, "before_cursor_execute", lambda *call: statements.append(call[2]))
    watch = DatabaseWatch(database)
    for _ in range(3):
        watch.check()
    assert not [statement for statement in statements if statement.startswith("UPDATE")]


def test_a_failed_write_counts_until_another_succeeds(database: Database) -> None:
    watch = DatabaseWatch(database)
    watch.check()
    watch.report(sqlite3.OperationalError("database or disk is full"))
    assert watch.check().is_ok, "writing succeeds again"
    if not database.is_sqlite:
        return
    watch.report(sqlite3.OperationalError("database or disk is full"))
    with database.writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=1")
        connection.rollback()
    health = watch.check()
    assert (health.write, health.schema) == ("failing", "ok")
    assert "readonly" in health.reason


def test_a_short_write_that_still_finds_a_place_proves_no_room(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'own.db'}")
    prepare_schema(database)
    watch = DatabaseWatch(database)
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    for pages, state in (("(SELECT page_count + 20 FROM pragma_page_count)", NO_ROOM), ("1000000", OK)):
        with database.writer.connect() as connection:
            limit = connection.exec_driver_sql(f"SELECT {pages}").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count={limit}")
            connection.commit()
        watch.report(full)
        for _ in range(3):
            health = watch.check()
            assert health.write == state
            assert ("quota" in health.cure) == (state == NO_ROOM)
    with database.writer.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA cache_size").scalar_one() == -2000
        assert connection.exec_driver_sql("SELECT count(*) FROM installation WHERE name = 'trial'").scalar_one() == 0
    database.close()


def test_a_trial_writes_to_the_log_and_leaves_nothing(database: Database) -> None:
    watch = DatabaseWatch(database)
    log = database.file.with_name(database.file.name + "-wal") if database.is_sqlite else None
    watch.report(sqlite3.OperationalError("disk I/O error"))
    assert watch.check().is_ok
    assert log is None or log.stat().st_size > TRIAL_BYTES * 0.9, "the last pages stay in the cache"
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM installation WHERE name = 'trial'").scalar_one() == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE note RENAME TO gone", "the database has no table note: stop the server, restore a backup"),
        ("ALTER TABLE note RENAME COLUMN text TO gone", "the database has no column note.text: "),
        ("DROP INDEX ix_deal_contact_deal", "the database has no index ix_deal_contact_deal: "),
    ],
)
def test_a_missing_part_of_the_schema_is_named_once_somebody_missed_it(
    database: Database, change: str, said: str
) -> None:
    watch = DatabaseWatch(database)
    missed = sqlite3.OperationalError("no such table: note")
    watch.report(missed)
    assert watch.check().is_ok, "nothing is missing"
    with database.write() as connection:
        connection.exec_driver_sql(change)
    assert watch.check().is_ok, "nobody missed it"
    watch.report(missed)
    for _ in range(2):
        health = watch.check()
        assert (health.write, health.schema) == ("ok", "incomplete")
        assert health.reason.startswith(said)


def test_a_key_that_only_postgresql_can_lack_is_named(database: Database) -> None:
    if database.is_sqlite:
        return
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE deal_day DROP CONSTRAINT pk_deal_day")
    watch = DatabaseWatch(database)
    assert watch.lacks_parts(time.monotonic())
    assert watch.check().reason.startswith("the database has no index pk_deal_day: ")


def test_one_comparison_of_the_schema_serves_all_who_missed_something_before_it(database: Database) -> None:
    now = [1.0]
    watch = DatabaseWatch(database, lambda: now[0])
    assert not watch.lacks_parts(0.5)
    watch.report(sqlite3.OperationalError("no such table: note"))
    assert not watch.lacks_parts(0.9), "another request met the same fault after the comparison"
    with database.write() as connection:
        connection.exec_driver_sql("DROP INDEX ix_deal_contact_deal")
    assert not watch.lacks_parts(0.9), "the last comparison was later"
    now[0] = 2.0
    assert watch.lacks_parts(1.0)


def test_a_schema_that_nobody_can_compare_counts_as_missing(tmp_path: Path) -> None:
    database = open_database(f"postgresql://dealtrace@/dealtrace?host={tmp_path}")
    assert DatabaseWatch(database).lacks_parts(time.monotonic())
    database.close()


def test_a_schema_of_another_release_is_stated_with_its_cure(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE schema_version SET version_num = '0000'")
    health = DatabaseWatch(database).check()
    assert (health.write, health.schema, health.is_ok) == ("ok", "outdated", False)
    assert "dealtrace db upgrade" in health.reason


def test_a_check_that_does_not_end_is_no_response(database: Database) -> None:
    now = [0.0]
    watch = DatabaseWatch(database, lambda: now[0])
    assert watch.check().is_ok
    now[0] = STALE_SECONDS + 1.0
    assert (watch.health.write, watch.health.is_ok) == ("no response", False)
    watch.check()
    assert watch.health.is_ok


def open_watched(tmp_path: Path) -> tuple[Database, DatabaseWatch]:
    """Return a database of its own with its watch, which has found it whole and looks at its file at every question."""
    database = open_database(f"sqlite:///{tmp_path / 'own.db'}")
    prepare_schema(database)
    watch = DatabaseWatch(database, count(step=LOOK_SECONDS * 2).__next__)
    watch.start()
    watch.require()
    return database, watch


def test_a_file_that_is_gone_refuses_whatever_is_asked(tmp_path: Path) -> None:
    database, watch = open_watched(tmp_path)
    database.file.rename(tmp_path / "away.db")
    with pytest.raises(DatabaseUnavailable):
        watch.require()
    assert watch.check().write == "file removed or replaced"
    (tmp_path / "away.db").rename(database.file)
    watch.require()
    assert watch.check().is_ok
    database.close()


def test_a_file_that_was_emptied_is_lost_even_if_pages_are_written_to_it_again(tmp_path: Path) -> None:
    database, watch = open_watched(tmp_path)
    content = database.file.read_bytes()
    os.truncate(database.file, 0)
    with pytest.raises(DatabaseUnavailable):
        watch.require()
    with database.file.open("r+b") as file:
        file.write(content)
    with pytest.raises(DatabaseUnavailable):
        watch.require()
    assert watch.check().write == "file removed or replaced"
    database.close()


def test_the_file_is_looked_at_every_second_and_by_requests_more_often() -> None:
    assert LOOK_SECONDS < upkeep.STEP_SECONDS <= 1


def test_a_batch_of_writes_looks_afresh(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'own.db'}")
    prepare_schema(database)
    watch = DatabaseWatch(database, lambda: 0.0)
    watch.start()
    watch.require()
    database.file.unlink()
    watch.require()
    with pytest.raises(DatabaseUnavailable):
        watch.require(is_fresh=True)
    with pytest.raises(DatabaseUnavailable):
        watch.require()
    database.close()


def test_a_server_that_is_away_is_unreachable(tmp_path: Path) -> None:
    database = open_database(f"postgresql://dealtrace@/dealtrace?host={tmp_path}")
    watch = DatabaseWatch(database)
    watch.start()
    assert watch.check().write == "unreachable"
    watch.require()
    database.close()
