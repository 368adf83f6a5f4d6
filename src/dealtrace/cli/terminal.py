"""What every command does: read the settings, open the database, and say clearly what went wrong."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import msgspec
from rich.console import Console
from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.errors import Refusal
from dealtrace.operations.work import Work
from dealtrace.settings import InvalidSettings, read_settings
from dealtrace.storage.database.database_errors import message_of
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.schema.upgrade import SchemaOutdated, prepare_schema

ID_MAX = 2**53 - 1
"""No id is above it: JavaScript and 1C keep such numbers exact."""

console = Console(highlight=False, soft_wrap=True)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def open_prepared() -> Iterator[Database]:
    """Open the configured database, made if it is empty; refusals end the command with a clear word."""
    with explained():
        database = open_database(read_settings().database_url)
        try:
            prepare_schema(database)
            yield database
        finally:
            database.close()


@contextmanager
def explained() -> Iterator[None]:
    """Turn what a person can mend into one line on the standard error and exit status 1."""
    try:
        yield
    except (Refusal, InvalidSettings, SchemaOutdated, OSError) as reason:
        fail(str(reason))
    except Exception as fault:
        words = message_of(fault)
        if words is None:
            raise
        fail(f"The database does not work: {words}")


def work_in(database: Database, connection: Connection, site: Site) -> Work:
    """Return the work of one command on a site, in the transaction of `connection`."""
    return Work(connection, IdBlocks(database.writer), site, clock.now())


def fail(reason: str) -> NoReturn:
    """End the command with a word on what went wrong."""
    complaints.print(reason, style="bold red", markup=False)
    sys.exit(1)


def print_json(content: Any) -> None:
    """Print what a program will read."""
    sys.stdout.write(msgspec.json.encode(content).decode() + "\n")
