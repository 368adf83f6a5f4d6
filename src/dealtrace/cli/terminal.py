"""Open the database and report errors for all commands; `cli/output.py` does the printing."""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NoReturn, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.cli.file_cures import message_with_cure
from dealtrace.cli.output import console as console
from dealtrace.cli.output import counted as counted
from dealtrace.cli.output import end_stopped as end_stopped
from dealtrace.cli.output import error_console as error_console
from dealtrace.cli.output import fail as fail
from dealtrace.cli.output import print_figures as print_figures
from dealtrace.cli.output import print_json as print_json
from dealtrace.cli.output import print_json_with_rows as print_json_with_rows
from dealtrace.errors import Refusal, SiteNotFound
from dealtrace.operations.work import AccountWork, Work
from dealtrace.settings import ENV_FILE, TOML_FILE, InvalidSettings, read_settings
from dealtrace.storage.database.database_errors import is_locked_out, message_of
from dealtrace.storage.database.engine import (
    POSTGRESQL_LOCK_SECONDS,
    SQLITE_BUSY_SECONDS,
    Database,
    is_sqlite,
    open_database,
)
from dealtrace.storage.database.lock_holders import how_to_end_transactions, list_lock_holders
from dealtrace.storage.database.writing_turns import pause_for_other_writers
from dealtrace.storage.id_blocks import IdBlocks, transaction
from dealtrace.storage.schema.upgrade import (
    DatabaseForeign,
    DatabaseMissing,
    SchemaOutdated,
    prepare_schema,
    require_schema,
)

logging.getLogger("psycopg").addHandler(logging.NullHandler())  # it warns of what follows from an error that we report


@contextmanager
def open_prepared(*, creates: bool = False) -> Iterator[Database]:
    """Yield the configured database, and report errors as `explained` does.

    With `creates`, a missing database is created. Long writes to a SQLite file pause so that other programs can write.
    """
    with explained():
        settings = read_settings()
        database = open_database(settings.database_url, mirror_memory_mib=settings.mirror_memory)
        if database.is_sqlite:
            pause_for_other_writers(database.writer)
        try:
            (prepare_schema if creates else require_schema)(database)
            yield database
        except SiteNotFound as refusal:
            fail(str(refusal), f"The database in use: {database.name}")
        finally:
            database.close()


@contextmanager
def explained() -> Iterator[None]:
    """For an error that the user can fix, print a message instead of a traceback, and exit with status 1."""
    try:
        yield
    except InvalidSettings as reason:
        fail(*str(reason).splitlines())
    except (Refusal, DatabaseForeign, DatabaseMissing, SchemaOutdated) as reason:
        fail(message_with_cure(reason))
    except OSError as reason:
        fail(_explain_os_error(reason))
    except Exception as error:
        message = message_of(error)
        if message is None:
            raise
        if is_locked_out(error):
            _fail_locked_out()
        fail(f"Database error: {message}", _name_database(message))


_FILE_FAULTS = frozenset({"unable to open database file", "attempt to write a readonly database"})
"""SQLite's messages if a file or folder belongs to somebody else, or if a folder is in the place of the file."""

_OTHER_FILE = "file is not a database"
_UNREACHABLE = ("connection failed", "connection timeout", "failed to resolve")
"""How psycopg's messages begin if no connection to PostgreSQL can be opened."""


def _name_database(message: str) -> str:
    """Return a line that names the database in use and, if its file cannot be opened or written, says what to do."""
    with closing(open_database(read_settings().database_url)) as database:
        cure = " Run the command as the user who owns this file and its folder." if message in _FILE_FAULTS else ""
        if database.is_sqlite and database.file.is_dir():
            cure = " This is a folder. Set DEALTRACE_DATABASE_URL to a file."
        elif message == _OTHER_FILE:
            cure = " Set DEALTRACE_DATABASE_URL to a SQLite file, or to a file that does not exist yet."
        elif message.startswith(_UNREACHABLE):
            cure = " Start the database server, or correct DEALTRACE_DATABASE_URL."
        return f"The database in use: {database.name}.{cure}" if cure else f"The database in use: {database.name}"


P = ParamSpec("P")
R = TypeVar("R")


class CommandCall(Protocol):
    """A function that calls another function with arguments, and returns its result."""

    def __call__(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return the result of `function`, or raise its exception."""


@contextmanager
def ended_by_ctrl_c(database: Database) -> Iterator[CommandCall]:
    """Yield a function that calls another function on a thread, so that Ctrl-C can end the statement that runs there.

    DuckDB does not notice signals while it runs a long statement on the main thread.
    """
    with ThreadPoolExecutor(1) as threads:

        def call(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
            return threads.submit(function, *args, **kwargs).result()

        try:
            yield call
        except KeyboardInterrupt:
            database.interruption.begin()
            raise


@contextmanager
def changing(database: Database, *, ids: int = 0) -> Iterator[AccountWork]:
    """Open a transaction in which at least `ids` new ids can be taken, and yield its `AccountWork`."""
    with transaction(database, ids=ids) as (connection, blocks):
        yield AccountWork(connection, blocks, clock.now())


def work_in(database: Database, connection: Connection, site: Site) -> Work:
    """Return the context of an operation on `site` at the current time, in the transaction of `connection`."""
    return Work(connection, IdBlocks(database.writer), clock.now(), site)


def lock_seconds(database: Database) -> float:
    """Return how many seconds commands wait for a lock that another session or process holds."""
    return SQLITE_BUSY_SECONDS if database.is_sqlite else POSTGRESQL_LOCK_SECONDS


def fail_locked(database: Database, holders: Sequence[str]) -> NoReturn:
    """Print which programs may have held the lock that a command waited for, and exit with status 1."""
    seconds = f"{lock_seconds(database):.0f} seconds"
    if not holders:
        fail(f"Another program kept the database {database.name} locked for {seconds}. Run the command again.")
    end = "Wait for that program to end" if database.is_sqlite else how_to_end_transactions(holders)
    fail(
        f"Another program has kept the database {database.name} locked for {seconds}:",
        *(f"  {holder}" for holder in holders),
        f"{end}. Then run the command again.",
    )


def _fail_locked_out() -> NoReturn:
    """Print which sessions or processes may have held the lock that a command waited for, and exit."""
    with closing(open_database(read_settings().database_url)) as database:
        try:
            holders = list_lock_holders(database, lock_seconds(database))
        except Exception as error:
            if message_of(error) is None:
                raise
            holders = []
        fail_locked(database, holders)


def _is_in_removed_folder() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def _explain_os_error(error: OSError) -> str:
    """Return the name of the file, if there is one, and the reason that the system gives for an error.

    If the system gives no reason, return the message of the error.
    """
    if error.strerror is None:
        return str(error)
    if error.filename is None and _is_in_removed_folder():
        return "The current folder has been removed: change to another folder and run the command again."
    if error.filename is None:
        return error.strerror
    return f"{error.filename}: {error.strerror}{_cure_of_database_file(error)}"


def _cure_of_database_file(error: OSError) -> str:
    """Return advice that ends a message if `error` concerns the SQLite file in use, or an empty string otherwise."""
    try:
        url = read_settings().database_url
    except (OSError, InvalidSettings):
        return ""
    if not is_sqlite(url):
        return ""
    with closing(open_database(url)) as database:
        if str(error.filename) not in (database.name, str(database.file.absolute().parent)):
            return ""
    found = [str(file) for file in (ENV_FILE, TOML_FILE) if file.is_file()]
    read = f"{' and '.join(found)} of this folder" if found else f"no {ENV_FILE} or {TOML_FILE} is in this folder"
    return (
        ". The database cannot be created here: change to a folder in which you may create files, or set "
        f"DEALTRACE_DATABASE_URL ({read})."
    )
