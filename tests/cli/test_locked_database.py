"""A command that has waited in vain for a lock of another session says who holds it."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
import typer
from sqlalchemy import inspect

from cast import Stage
from dealtrace.cli.backup import backup, restore
from dealtrace.cli.database.recount import recount
from dealtrace.cli.database.renormalise import renormalise
from dealtrace.cli.database.upgrade import upgrade
from dealtrace.cli.doctor.command import doctor
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.settings import read_settings
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.database.lock_holders import list_blockers, list_forgotten_transactions, list_lock_holders
from dealtrace.storage.schema.tables.all_tables import metadata
from waiting import PATIENCE_SECONDS, wait_until

HOLDER = "a person's psql"
SHORT_SECONDS = 0.2


@pytest.fixture
def impatient(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Give the database to commands that wait for locks for a moment only."""
    for module in ("dealtrace.storage.database.engine", "dealtrace.cli.terminal"):
        monkeypatch.setattr(f"{module}.POSTGRESQL_LOCK_SECONDS", SHORT_SECONDS)
        monkeypatch.setattr(f"{module}.SQLITE_BUSY_SECONDS", SHORT_SECONDS)
    monkeypatch.setattr("dealtrace.cli.backup.LOOK_SECONDS", SHORT_SECONDS)
    monkeypatch.setenv("DEALTRACE_DATABASE_URL", database.url.render_as_string(hide_password=False))
    read_settings.cache_clear()
    yield database
    read_settings.cache_clear()


@contextmanager
def holding(database: Database, statement: str) -> Iterator[int]:
    """Keep a lock in a session that waits for nothing; yield its process id."""
    with psycopg.connect(database.url.render_as_string(hide_password=False), application_name=HOLDER) as holder:
        holder.execute(statement)
        with psycopg.connect(database.url.render_as_string(hide_password=False)) as other:
            is_old = "SELECT now() - xact_start > make_interval(secs => %s) FROM pg_stat_activity WHERE pid = %s"
            while other.execute(is_old, [SHORT_SECONDS, holder.info.backend_pid]).fetchone() != (True,):
                other.rollback()
        yield holder.info.backend_pid


@contextmanager
def holding_prepared(database: Database, *statements: str) -> Iterator[str]:
    """Keep a lock in a prepared transaction, which no session belongs to; yield its name."""
    name = f"a transfer of {database.url.database}"
    with psycopg.connect(database.url.render_as_string(hide_password=False), autocommit=True) as holder:
        holder.execute("BEGIN")
        for statement in statements:
            holder.execute(statement)
        holder.execute(f"PREPARE TRANSACTION '{name}'")
        try:
            is_old = (
                "SELECT clock_timestamp() - prepared > make_interval(secs => %s) FROM pg_prepared_xacts WHERE gid = %s"
            )
            while holder.execute(is_old, [SHORT_SECONDS, name]).fetchone() != (True,):
                pass
            yield name
        finally:
            holder.execute(f"ROLLBACK PREPARED '{name}'")


COMMANDS: dict[str, tuple[Callable[[], None], str]] = {
    "db upgrade, whose table is held": (upgrade, "LOCK TABLE schema_version"),
    "db upgrade, whose table is read": (upgrade, "SELECT 1 FROM visit"),
    "db renormalise": (renormalise, "SELECT 1 FROM points_day FOR UPDATE"),
    "db renormalise, whose table is held": (renormalise, "LOCK TABLE points_day IN EXCLUSIVE MODE"),
    "db recount": (recount, "LOCK TABLE deal_day IN ROW EXCLUSIVE MODE"),
}


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("command", "statement"), COMMANDS.values(), ids=COMMANDS)
def test_a_command_names_the_session_that_holds_a_lock(
    impatient: Database, command: Callable[[], None], statement: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = Stage(impatient)
    with impatient.write() as connection:
        lock_registrations(stage.work(connection, stage.open_site()))
        if command is upgrade:
            connection.exec_driver_sql("UPDATE schema_version SET version_num = '0040'")
    with holding(impatient, statement) as pid, pytest.raises(SystemExit) as ended:
        command()
    assert ended.value.code == 1
    said = " ".join(capsys.readouterr().err.split())
    assert f"session {pid} ({HOLDER}, dealtrace, idle in transaction), whose transaction began at 20" in said
    assert "pg_terminate_backend" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("command", "statements"),
    [
        (renormalise, ["SELECT 1 FROM points_day FOR UPDATE"]),
        (recount, ["LOCK TABLE deal_day IN ROW EXCLUSIVE MODE", "DELETE FROM deal_day"]),
    ],
)
def test_a_command_names_the_prepared_transaction_that_holds_a_lock(
    impatient: Database, command: Callable[[], None], statements: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    stage = Stage(impatient)
    with impatient.write() as connection:
        lock_registrations(stage.work(connection, stage.open_site()))
    with holding_prepared(impatient, *statements) as name, pytest.raises(SystemExit):
        command()
    said = " ".join(capsys.readouterr().err.split())
    assert f"prepared transaction '{name}' (dealtrace), which began before 20" in said
    assert "ROLLBACK PREPARED" in said
    assert "pg_terminate_backend" not in said


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_backup_names_the_prepared_transaction_it_waits_for(
    impatient: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with holding_prepared(impatient, "LOCK TABLE visit") as name, pytest.raises(SystemExit) as ended:
        backup(tmp_path / "all.backup")
    assert ended.value.code == 1
    said = " ".join(capsys.readouterr().err.split())
    assert f"prepared transaction '{name}' (dealtrace), which began before 20" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_who_waits_for_another_row_or_table_is_not_kept_waiting_by_a_prepared_transaction(database: Database) -> None:
    url = database.url.render_as_string(hide_password=False)
    with database.write() as connection:
        lock_registrations(Stage(database).work(connection, Stage(database).open_site()))
    with (
        holding_prepared(database, "SELECT 1 FROM deal_day FOR UPDATE", "LOCK TABLE visit"),
        psycopg.connect(url, application_name=HOLDER) as holder,
        ThreadPoolExecutor(1) as threads,
        psycopg.connect(url, application_name="waiting") as waiting,
    ):
        holder.execute("SELECT 1 FROM points_day FOR UPDATE")
        following = threads.submit(waiting.execute, "SELECT 1 FROM points_day FOR UPDATE")
        wait_until(lambda: list_blockers(database, "waiting"))
        (blocker,) = list_blockers(database, "waiting")
        assert blocker.startswith(f"session {holder.info.backend_pid} ({HOLDER}, ")
        holder.rollback()
        following.result(PATIENCE_SECONDS)
        assert list_blockers(database, "waiting") == []


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_backup_names_the_session_it_waits_for_and_leaves_nothing_behind(
    impatient: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "all.backup"
    with holding(impatient, "LOCK TABLE visit") as pid, pytest.raises(SystemExit) as ended:
        backup(file)
    assert ended.value.code == 1
    said = " ".join(capsys.readouterr().err.split())
    assert f"session {pid} ({HOLDER}, dealtrace, idle in transaction), whose transaction began at 20" in said
    assert "pg_terminate_backend" in said
    assert list(tmp_path.iterdir()) == []
    wait_until(lambda: programs(impatient) == [])
    backup(file)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_restore_names_the_session_it_waits_for_and_leaves_nothing_behind(
    impatient: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "all.backup"
    backup(file)
    with impatient.write() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    with holding(impatient, "CREATE TABLE visit (id integer)") as pid:
        with pytest.raises(SystemExit) as ended:
            restore(file)
        wait_until(lambda: programs(impatient) == [])
    with impatient.write() as connection:
        connection.exec_driver_sql("DROP TABLE visit")
    assert ended.value.code == 1
    assert f"session {pid} ({HOLDER}, dealtrace, idle in transaction)" in " ".join(capsys.readouterr().err.split())
    restore(file)
    with impatient.read() as connection:
        assert set(inspect(connection).get_table_names()) >= set(metadata.tables)


def programs(database: Database) -> list[str]:
    """List the sessions of `pg_dump` and `pg_restore` that still run."""
    with database.read() as connection:
        names = "SELECT application_name FROM pg_stat_activity WHERE datname = current_database()"
        return [name for name in connection.exec_driver_sql(names).scalars() if name.startswith("dealtrace pg_")]


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_lock_that_was_released_meanwhile_is_nobodys(database: Database) -> None:
    with psycopg.connect(database.url.render_as_string(hide_password=False)) as holder:
        holder.execute("LOCK TABLE deal")
        assert list_lock_holders(database, 3600) == [], "it began too late to be the one that was waited for"
        holder.rollback()
        assert list_lock_holders(database, 0) == []


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_transaction_that_was_forgotten_is_found_unless_it_only_reads(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealtrace.storage.database.lock_holders.POSTGRESQL_LOCK_SECONDS", SHORT_SECONDS)
    with holding(database, "SELECT 1 FROM points_day"):
        assert list_forgotten_transactions(database) == []
    with holding(database, "SELECT 1 FROM points_day FOR UPDATE") as pid:
        (found,) = list_forgotten_transactions(database)
        assert found.startswith(f"session {pid} ({HOLDER}, dealtrace, idle in transaction), whose transaction began")
    assert list_forgotten_transactions(database) == []
    with holding_prepared(database, "SELECT 1 FROM points_day"):
        assert list_forgotten_transactions(database) == []
    with holding_prepared(database, "SELECT 1 FROM points_day FOR UPDATE") as name:
        (found,) = list_forgotten_transactions(database)
        assert found.startswith(f"prepared transaction '{name}' (dealtrace), which began before ")


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_the_doctor_names_a_transaction_that_was_forgotten(
    impatient: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("dealtrace.storage.database.lock_holders.POSTGRESQL_LOCK_SECONDS", SHORT_SECONDS)
    with holding(impatient, "SELECT 1 FROM points_day FOR UPDATE") as pid, pytest.raises(typer.Exit):
        doctor(as_json=False)
    assert f"Writes may have to wait for rows that are locked by session {pid} " in " ".join(
        capsys.readouterr().out.split()
    )
    with holding_prepared(impatient, "SELECT 1 FROM points_day FOR UPDATE") as name, pytest.raises(typer.Exit):
        doctor(as_json=False)
    said = " ".join(capsys.readouterr().out.split())
    assert f"Writes may have to wait for rows that are locked by prepared transaction '{name}' " in said
    assert "ROLLBACK PREPARED" in said


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("command", [renormalise, recount])
def test_a_command_names_the_process_that_writes_to_the_file(
    impatient: Database, command: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    Stage(impatient).open_site()
    with closing(sqlite3.connect(impatient.file, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(SystemExit) as ended:
            command()
        holder.execute("ROLLBACK")
    assert ended.value.code == 1
    said = " ".join(capsys.readouterr().err.split())
    assert f"process {os.getpid()} (" in said
    assert str(impatient.file) in said
    with closing(open_database(impatient.url.render_as_string())) as freed:
        assert list_lock_holders(freed, 0) == []
