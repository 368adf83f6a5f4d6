"""`dealtrace backup` and `dealtrace restore`: the whole database in one file."""

import errno
import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing, suppress
from pathlib import Path
from secrets import token_hex
from typing import Annotated

import typer
from sqlalchemy import inspect

from dealtrace import clock
from dealtrace.cli.terminal import console, counted, end_stopped, explained, fail, fail_locked, lock_seconds
from dealtrace.files.atomic_file import write_atomically
from dealtrace.settings import read_settings
from dealtrace.storage.accounts.installation import record_backup
from dealtrace.storage.database.database_errors import message_of
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.database.lock_holders import list_blockers
from dealtrace.storage.reports.mirror.mirror import folder_of, forget_mirror
from dealtrace.storage.schema.upgrade import VERSION_TABLE

LOOK_SECONDS = 1.0
"""How many seconds pass between two checks whether `pg_dump` or `pg_restore` waits for a lock."""

_PG_DUMP_HEAD = b"PGDMP"
_SQLITE_HEAD = b"SQLite format 3\0"

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The backup file.")]


def backup(file: BackupFile) -> None:
    """Back up the whole database to one file while the server runs. An existing file is not overwritten.

    The time of the backup is stored in the database.
    """
    with explained():
        database = open_database(read_settings().database_url)
        if file.exists():
            fail(f"{file} already exists.")
        if not file.parent.is_dir():
            fail(
                f"{file} cannot be written: the folder {file.parent} does not exist. "
                "Create it, or choose another folder."
            )
        try:
            with write_atomically(file) as partial:
                if database.is_sqlite:
                    _backup_sqlite(database, partial)
                else:
                    _run_postgresql("pg_dump", database, "--format=custom", f"--file={partial}")
        except KeyboardInterrupt as stop:
            end_stopped(stop, f"Stopped. {file} was not written.")
        _record(database)
    console.print(f"Backup written to {file}: {counted(file.stat().st_size, 'byte')}.", markup=False)


def restore(file: BackupFile) -> None:
    """Restore a backup into an empty database. Stop the server first."""
    with explained():
        database = open_database(read_settings().database_url)
        if not file.is_file():
            fail(f"{file} is not a file." if file.exists() else f"File not found: {file}.")
        if not _is_empty(database):
            fail(
                "The database is not empty. Set DEALTRACE_DATABASE_URL to the URL of an empty database, "
                "or move the database file away."
            )
        _check_kind(file, database)
        try:
            if database.is_sqlite:
                _restore_sqlite(database, file)
            else:
                options = ("--no-owner", "--exit-on-error", "--single-transaction")
                _run_postgresql("pg_restore", database, *options, str(file))
        except KeyboardInterrupt as stop:
            end_stopped(stop, "Stopped. A backup is restored as a whole or not at all: run the same command again.")
    console.print(f"Restored from {file}.", markup=False)


def _check_kind(file: Path, database: Database) -> None:
    """Print an error and exit if the file is a backup of the other database engine."""
    with file.open("rb") as stream:
        head = stream.read(len(_SQLITE_HEAD))
    if database.is_sqlite and head.startswith(_PG_DUMP_HEAD):
        fail(
            f"{file} is a backup of a PostgreSQL database, but the database in use is a SQLite file: {database.name}.",
            "Set DEALTRACE_DATABASE_URL to the URL of an empty PostgreSQL database.",
        )
    if not database.is_sqlite and head == _SQLITE_HEAD:
        fail(
            f"{file} is a backup of a SQLite file, but the database in use is PostgreSQL: {database.name}.",
            "Set DEALTRACE_DATABASE_URL to a new SQLite file, such as sqlite:///dealtrace.db.",
        )


def _is_empty(database: Database) -> bool:
    """Return whether the database has no tables; a missing SQLite file is not created."""
    if database.is_sqlite and not database.file.exists():
        return True
    try:
        return not inspect(database.reader).get_table_names()
    finally:
        database.close()


def _backup_sqlite(database: Database, target: Path) -> None:
    if not database.file.exists():
        fail(f"Database file not found: {database.name}.")
    with closing(sqlite3.connect(database.file)) as source, closing(sqlite3.connect(target)) as copy:
        try:
            source.backup(copy)
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode != sqlite3.SQLITE_FULL:
                raise
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target)) from fault  # only the copy is written


def _record(database: Database) -> None:
    """Store the current time as the time of the last backup; if that fails, as on a replica, print the reason."""
    try:
        with database.write() as connection:
            record_backup(connection, clock.now())
    except Exception as fault:
        reason = message_of(fault)
        if reason is None:
            raise
        console.print(f"The backup is complete, but storing its time in the database failed: {reason}", markup=False)
    finally:
        database.close()


def _restore_sqlite(database: Database, file: Path) -> None:
    if not _is_sound(file):
        fail(f"{file} is not a SQLite backup of Dealtrace, or it is damaged.")
    for leftover in ("-wal", "-shm"):
        database.file.with_name(database.file.name + leftover).unlink(missing_ok=True)
    shutil.rmtree(folder_of(database), ignore_errors=True)
    with write_atomically(database.file, overwrite=True) as partial:
        shutil.copyfile(file, partial)
    with closing(database), database.write() as connection:
        forget_mirror(connection)


def _is_sound(file: Path) -> bool:
    uri = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as probe:
        try:
            version_table = probe.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (VERSION_TABLE,)).fetchone()
            return version_table is not None and probe.execute("PRAGMA quick_check").fetchone() == ("ok",)
        except sqlite3.DatabaseError:
            return False


def _run_postgresql(program: str, database: Database, *arguments: str) -> None:
    """Run `pg_dump` or `pg_restore`, and end it if another session keeps it waiting for a lock for too long.

    Ours: these programs wait for locks without a limit, because both programs, and the files that `pg_dump` writes, set
    `lock_timeout` to 0.
    """
    executable = shutil.which(program)
    if executable is None:
        fail(f"{program} is not installed. Install the PostgreSQL client programs.")
    url, session = database.url.set(drivername="postgresql"), f"dealtrace {program} {token_hex(8)}"
    passwordless_url = url.set(password=None).render_as_string(hide_password=False)
    running = subprocess.Popen(  # noqa: S603 - a PostgreSQL program found on the path
        [executable, f"--dbname={passwordless_url}", *arguments],
        env={**os.environ, "PGPASSWORD": url.password or "", "PGAPPNAME": session},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with closing(database), running:
        try:
            errors = _wait_for_end(running, database, session)
        finally:
            running.terminate()
    if running.returncode:
        fail(errors.strip() or f"{program} failed.")


def _wait_for_end(running: subprocess.Popen[str], database: Database, session: str) -> str:
    """Return the errors that a program printed, once it ends.

    If it waits for a lock for too long, print who holds the lock, and exit. The wait is measured here, from the first
    check that found it waiting, because PostgreSQL before version 14 does not say when a wait began.
    """
    seconds, waits_since = lock_seconds(database), None
    while True:
        with suppress(subprocess.TimeoutExpired):
            return running.communicate(timeout=LOOK_SECONDS)[1]
        try:
            holders = list_blockers(database, session)
        except Exception as fault:
            if message_of(fault) is None:
                raise
            continue
        waits_since = (waits_since or time.monotonic()) if holders else None
        if waits_since is not None and time.monotonic() - waits_since >= seconds:
            fail_locked(database, holders)
