"""What all commands share: opening the database, printing results, reporting errors."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import msgspec
from rich.console import Console
from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.errors import Refusal, SiteNotFound
from dealtrace.operations.work import Work
from dealtrace.settings import InvalidSettings, read_settings
from dealtrace.storage.database.database_errors import message_of
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.schema.upgrade import DatabaseMissing, SchemaOutdated, prepare_schema, require_schema

console = Console(highlight=False, soft_wrap=True)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def open_prepared(*, creates: bool = False) -> Iterator[Database]:
    """Yield the configured database; only a command that `creates` makes one. Errors end it as in `explained`."""
    with explained():
        database = open_database(read_settings().database_url)
        try:
            (prepare_schema if creates else require_schema)(database)
            yield database
        except SiteNotFound as refusal:
            fail(f"{refusal}\nThe database in use: {database.name}")
        finally:
            database.close()


@contextmanager
def explained() -> Iterator[None]:
    """Report errors that the user can fix as one line on standard error and exit with status 1."""
    try:
        yield
    except (Refusal, InvalidSettings, DatabaseMissing, SchemaOutdated, OSError) as reason:
        fail(str(reason))
    except Exception as error:
        message = message_of(error)
        if message is None:
            raise
        fail(f"Database error: {message}")


def work_in(database: Database, connection: Connection, site: Site) -> Work:
    """Return the work of one command on a site, in the transaction of `connection`."""
    return Work(connection, IdBlocks(database.writer), site, clock.now())


def fail(reason: str) -> NoReturn:
    """Print an error message and exit with status 1."""
    complaints.print(reason, style="bold red", markup=False)
    sys.exit(1)


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: `1 deal`, `2 deals`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def print_json(content: object) -> None:
    """Print a value as one line of JSON."""
    sys.stdout.write(msgspec.json.encode(content).decode() + "\n")
