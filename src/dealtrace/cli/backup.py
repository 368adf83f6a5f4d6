"""`dealtrace backup` and `dealtrace restore`: everything in one file."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import inspect

from dealtrace.cli.terminal import console, explained, fail
from dealtrace.settings import read_settings
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.schema.upgrade import VERSION_TABLE

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The backup file.")]


def backup(file: BackupFile) -> None:
    """Write everything into one file, while the server goes on; an existing file is not overwritten."""
    with explained():
        database = open_database(read_settings().database_url)
        if file.exists():
            fail(f"{file} exists already.")
        with _completed(file) as partial:
            if database.is_sqlite:
                _backup_sqlite(database, partial)
            else:
                _run_postgresql("pg_dump", database, "--format=custom", f"--file={partial}")
    console.print(f"{file}: {file.stat().st_size} bytes.", markup=False)


def restore(file: BackupFile) -> None:
    """Bring everything back from a backup, into a database that is empty; stop the server first."""
    with explained():
        database = open_database(read_settings().database_url)
        if not file.is_file():
            fail(f"There is no {file}.")
        if not _is_empty(database):
            fail("The database is not empty: name an empty one in DEALTRACE_DATABASE_URL, or move the old file away.")
        if database.is_sqlite:
            _restore_sqlite(database, file)
        else:
            _run_postgresql("pg_restore", database, "--no-owner", "--exit-on-error", "--single-transaction", str(file))
    console.print(f"Everything in {file} is back.", markup=False)


@contextmanager
def _completed(file: Path) -> Iterator[Path]:
    """Give a place beside `file` to write to; it becomes the file once all is on the disk, or leaves nothing behind."""
    partial = file.with_name(file.name + ".partial")
    partial.unlink(missing_ok=True)
    try:
        yield partial
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def _is_empty(database: Database) -> bool:
    """Whether nothing is there yet; a SQLite file is not made by looking."""
    if database.is_sqlite and not database.file.exists():
        return True
    try:
        return not inspect(database.reader).get_table_names()
    finally:
        database.close()


def _backup_sqlite(database: Database, target: Path) -> None:
    if not database.file.exists():
        fail(f"There is no {database.file}.")
    with closing(sqlite3.connect(database.file)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def _restore_sqlite(database: Database, file: Path) -> None:
    if not _is_sound(file):
        fail(f"{file} is no backup of Dealtrace on SQLite, or it is damaged.")
    for leftover in ("-wal", "-shm"):
        database.file.with_name(database.file.name + leftover).unlink(missing_ok=True)
    with _completed(database.file) as partial:
        shutil.copyfile(file, partial)


def _is_sound(file: Path) -> bool:
    address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as probe:
        try:
            ours = probe.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (VERSION_TABLE,)).fetchone()
            return ours is not None and probe.execute("PRAGMA quick_check").fetchone() == ("ok",)
        except sqlite3.DatabaseError:
            return False


def _run_postgresql(program: str, database: Database, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        fail(f"{program} is not installed: it comes with PostgreSQL's client programs.")
    url = database.url.set(drivername="postgresql")
    environment = {**os.environ, "PGPASSWORD": url.password or ""}
    address = url.set(password=None).render_as_string(hide_password=False)
    finished = subprocess.run(  # noqa: S603 - the program is PostgreSQL's own, found on the path
        [found, f"--dbname={address}", *arguments], env=environment, check=False, capture_output=True, text=True
    )
    if finished.returncode:
        fail(finished.stderr.strip() or f"{program} failed.")
