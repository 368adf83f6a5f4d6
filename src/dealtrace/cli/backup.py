"""`dealtrace backup` and `dealtrace restore`: everything in one file."""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import inspect

from dealtrace.cli.terminal import console, explained, fail
from dealtrace.settings import read_settings
from dealtrace.storage.engine import Database, open_database

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The backup file.")]


def backup(file: BackupFile) -> None:
    """Write everything into one file, while the server goes on; an existing file is not overwritten."""
    with explained():
        database = open_database(read_settings().database_url)
    if file.exists():
        fail(f"{file} exists already.")
    partial = file.with_name(file.name + ".partial")
    if database.is_sqlite:
        _backup_sqlite(database, partial)
    else:
        _run_postgresql("pg_dump", database, "--format=custom", f"--file={partial}")
    partial.replace(file)
    console.print(f"{file}: {file.stat().st_size} bytes.", markup=False)


def restore(file: BackupFile) -> None:
    """Bring everything back from a backup, into a database that is empty; stop the server first."""
    with explained():
        database = open_database(read_settings().database_url)
    if not file.exists():
        fail(f"There is no {file}.")
    if inspect(database.reader).get_table_names():
        fail("The database is not empty: name an empty one in DEALTRACE_DATABASE_URL, or move the old file away.")
    database.close()
    if database.is_sqlite:
        _restore_sqlite(database, file)
    else:
        _run_postgresql("pg_restore", database, "--no-owner", "--exit-on-error", "--single-transaction", str(file))
    console.print(f"Everything in {file} is back.", markup=False)


def _backup_sqlite(database: Database, target: Path) -> None:
    if not database.file.exists():
        fail(f"There is no {database.file}.")
    target.unlink(missing_ok=True)
    source, copy = sqlite3.connect(database.file), sqlite3.connect(target)
    with source, copy:
        source.backup(copy)
    source.close()
    copy.close()


def _restore_sqlite(database: Database, file: Path) -> None:
    probe = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        sound = probe.execute("PRAGMA quick_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        sound = False
    finally:
        probe.close()
    if not sound:
        fail(f"{file} is no backup of a SQLite database, or it is damaged.")
    for leftover in ("-wal", "-shm"):
        database.file.with_name(database.file.name + leftover).unlink(missing_ok=True)
    shutil.copyfile(file, database.file)


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
