"""Connections to the database: engines for writing and for reading a SQLite file or a PostgreSQL server."""

import logging
import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, QueuePool

from dealtrace.storage.database.case_folding import define_casefold
from dealtrace.storage.database.database_errors import message_of
from dealtrace.storage.database.interruption import Interruption, LockPatience, interrupt_of, stopped_after

if TYPE_CHECKING:
    import psycopg

SQLITE = "sqlite"
"""The name of the backend in the URL of a SQLite file."""
SQLITE_BUSY_SECONDS = 30
"""How long a writer waits for another process, such as a CLI command, to end its transaction."""
SQLITE_BUSY_STEP_SECONDS = 0.25
"""How long SQLite waits for a lock at a time; the writer then checks whether it may wait longer, and tries again."""
SQLITE_CHECKPOINT_PAGES = 4000
"""How many pages are written between WAL checkpoints; with SQLite's default, grouped inserts take 1.3 times as long."""
POSTGRESQL_LOCK_SECONDS = 30.0
"""How long a statement waits for a lock of another session of PostgreSQL. Ours: as long as for a SQLite file."""
LOCK_SECONDS = "lock_seconds"
"""The name of an engine's execution option; its value replaces `POSTGRESQL_LOCK_SECONDS`."""
POSTGRESQL_CONNECT_SECONDS = 5
PINGED_AFTER_SECONDS = 1.0
"""A PostgreSQL connection for writing that was unused for this long is pinged before it is used again."""
MIRROR_MEMORY_DEFAULT = 1024
"""The default memory limit, in MiB, of the column mirror (a copy for reports); the rest of the mirror is on disk."""
ARRAYS_OF_PSYCOPG = "dealtrace.storage.database.array_text"
"""The module that writes arrays; it is imported on demand, as SQLite needs no psycopg."""
WRITERS = 9
"""The maximum number of connections for writing, opened on demand; they are enough for all threads that write.

Two are for the write queue, which also reserves ids, one for changes to accounts, four for file imports, and two for
background runs.
"""


def _is_no_broken_connection(record: logging.LogRecord) -> bool:
    fault = record.exc_info[1] if record.exc_info else None
    return fault is None or message_of(fault) is None


for _pool in (QueuePool, NullPool):
    # A pool would print a traceback, with the words of the database, for an error of the database that it also raises.
    logging.getLogger(f"{_pool.__module__}.{_pool.__name__}").addFilter(_is_no_broken_connection)


@dataclass(frozen=True)
class Database:
    """A database with an engine to write and an engine to read, both used for every site.

    A read that takes longer than `read_seconds_max` is stopped; 0 means no limit. `mirror_memory_mib` is the memory
    limit of the column mirror, a copy of a SQLite database for reports; 0 means no mirror. `interruption` ends reads,
    and the building of the mirror, at once; `lock_patience` limits how long writers wait for a SQLite file.
    """

    url: URL
    writer: Engine
    reader: Engine
    read_seconds_max: int = 0
    mirror_memory_mib: int = MIRROR_MEMORY_DEFAULT
    interruption: Interruption = field(default_factory=Interruption, compare=False)
    lock_patience: LockPatience = field(default_factory=LockPatience, compare=False)

    def writer_that_waits(self, lock_seconds: float) -> Engine:
        """Return an engine like `writer` that waits up to `lock_seconds` for each lock of another PostgreSQL session.

        Both engines share their connections. For a SQLite file, the limit of `writer` remains.
        """
        return self.writer.execution_options(**{LOCK_SECONDS: lock_seconds})

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a SQLite file, which only one process at a time may serve."""
        return self.url.get_backend_name() == SQLITE

    @property
    def has_mirror(self) -> bool:
        """Whether reports read the mirror, a DuckDB copy of a SQLite database; the mirror can be turned off."""
        return self.is_sqlite and self.mirror_memory_mib > 0

    @property
    def file(self) -> Path:
        """The path of the SQLite file; PostgreSQL has none."""
        assert self.url.database is not None
        return Path(self.url.database)

    @property
    def name(self) -> str:
        """The absolute path of the SQLite file, or the URL of the PostgreSQL database without its password."""
        if self.is_sqlite:
            return str(self.file.absolute())
        place = {key: value for key, value in self.url.query.items() if key in ("host", "port")}
        return self.url.set(drivername="postgresql", password=None, query=place).render_as_string()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that commits at the end of the block, or rolls back if the block raises.

        A signal may interrupt the driver between a statement and its result. The rollback then fails, but what is
        raised is still the interruption.
        """
        stopped: KeyboardInterrupt | None = None
        try:
            with self.writer.begin() as connection:
                try:
                    yield connection
                except KeyboardInterrupt as stop:
                    stopped = stop
                    raise
        except Exception:
            if stopped is None:
                raise
            raise stopped from None

    @contextmanager
    def read(self, *, is_limited: bool = True) -> Iterator[Connection]:
        """Open a read-only transaction that sees one consistent state; `is_limited` applies the time limit."""
        with self.reader.connect() as connection:
            connection.begin()
            limited = stopped_after(connection, self.read_seconds_max if is_limited else 0)
            with self.interruption.reaching(interrupt_of(connection)), limited:
                yield connection

    def gather_statistics(self) -> None:
        """Refresh PostgreSQL's planner statistics at once, instead of a minute later; SQLite needs none."""
        if not self.is_sqlite:
            with self.write() as connection:
                connection.exec_driver_sql("ANALYZE")

    def close(self) -> None:
        """Close all connections."""
        self.writer.dispose()
        self.reader.dispose()


def is_sqlite(url: str) -> bool:
    """Return whether the URL of a database names a SQLite file; the file is neither opened nor created."""
    return make_url(url).get_backend_name() == SQLITE


def is_new_file(url: str) -> bool:
    """Return whether the URL of a database names a SQLite file that does not exist yet."""
    return is_sqlite(url) and not Path(make_url(url).database or "").exists()


def open_database(
    url: str,
    *,
    readers: int = 4,
    read_url: str = "",
    prepared_statements: bool = True,
    read_seconds_max: int = 0,
    mirror_memory_mib: int = MIRROR_MEMORY_DEFAULT,
    busy_seconds_max: float = SQLITE_BUSY_SECONDS,
) -> Database:
    """Open the database at a URL as in `DEALTRACE_DATABASE_URL`; a missing SQLite file fails on first use.

    `read_url` is the URL of a PostgreSQL replica for reads. Turn `prepared_statements` off behind a connection pooler
    that may run each transaction on a different connection. A writer waits for the lock of a SQLite file for
    `busy_seconds_max`, but never longer than `SQLITE_BUSY_SECONDS`. A relative path of a SQLite file is resolved here,
    so later changes to the current folder have no effect.
    """
    primary = _with_whole_path(make_url(url))
    if primary.get_backend_name() == SQLITE:
        busy_seconds, patience = min(busy_seconds_max, SQLITE_BUSY_SECONDS), LockPatience()
        writer = _sqlite_engine(primary, busy_seconds=busy_seconds)
        _begin_sqlite_writes(writer, busy_seconds, patience)
        reader = _sqlite_engine(primary, pool=readers, only_reads=True)
        event.listen(reader, "begin", lambda connection: connection.connection.cursor().execute("BEGIN"))
        return Database(primary, writer, reader, read_seconds_max, mirror_memory_mib, lock_patience=patience)
    replica = make_url(read_url) if read_url else primary
    writer = _postgresql_engine(primary, pool=WRITERS, prepared_statements=prepared_statements, pings_always=False)
    reader = _postgresql_engine(replica, pool=readers, prepared_statements=prepared_statements, pings_always=True)
    _begin_with(writer, "BEGIN")
    _begin_with(reader, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    return Database(primary, writer, reader, read_seconds_max)


def _with_whole_path(url: URL) -> URL:
    if url.get_backend_name() != SQLITE or url.database in (None, "", ":memory:"):
        return url
    return url.set(database=str(Path(url.database or "").absolute()))


def _postgresql_engine(url: URL, *, pool: int, prepared_statements: bool, pings_always: bool) -> Engine:
    options: dict[str, object] = (
        {} if "connect_timeout" in url.query else {"connect_timeout": POSTGRESQL_CONNECT_SECONDS}
    )
    if not prepared_statements:
        options["prepare_threshold"] = None
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=pool,
        max_overflow=0,
        connect_args=options,
    )
    _replace_broken(engine, pings_always=pings_always)

    @event.listens_for(engine, "connect")
    def _write_arrays_at_once(connection: "psycopg.Connection", _record: object) -> None:
        connection.adapters.register_dumper(list, import_module(ARRAYS_OF_PSYCOPG).ArrayDumper)

    return engine


def _begin_with(engine: Engine, begin: str) -> None:
    """Begin transactions with the statement `begin`, and limit how long they wait for each lock of another session.

    The limit is set for the transaction only: a limit for the session would reach other clients of a connection pooler.
    The limit is sent together with `begin`, since a second round trip would take twice as much CPU.
    """

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        seconds = connection.get_execution_options().get(LOCK_SECONDS, POSTGRESQL_LOCK_SECONDS)
        opened = connection.connection.driver_connection
        assert opened is not None
        driver, sent = engine.dialect.loaded_dbapi, f"{begin}; SET LOCAL lock_timeout = {round(seconds * 1000)}"
        try:
            result = opened.pgconn.exec_(sent.encode())
            if not result.error_message:
                return
            is_answered = result.error_field(driver.pq.DiagnosticField.SQLSTATE) is not None
            message = opened.pgconn.get_error_message()
            fault = driver.errors.error_from_result(result) if is_answered else driver.OperationalError(message)
        except driver.Error as closed:
            fault = closed
        connection.invalidate(fault)
        raise OperationalError(begin, None, fault, connection_invalidated=True) from fault


def _replace_broken(engine: Engine, *, pings_always: bool) -> None:
    """Let the pool replace broken connections, but no others.

    With `pings_always`, each connection is pinged before it is used again; reads need this, since they are not tried
    again. Writes are tried again after a connection breaks, so their connections are pinged only if they were unused
    for `PINGED_AFTER_SECONDS` or longer, or since another connection broke. Pinging before every transaction costs a
    busy server one round trip in twelve.

    By itself, SQLAlchemy closes all connections of the pool as soon as one is broken.
    """
    broke_at = -math.inf

    @event.listens_for(engine, "handle_error")
    def _keep_others(context: ExceptionContext) -> None:
        context.invalidate_pool_on_disconnect = False

    @event.listens_for(engine, "invalidate")
    def _suspect_others(_connection: object, _record: object, _fault: object) -> None:
        nonlocal broke_at
        broke_at = time.monotonic()

    @event.listens_for(engine, "checkin")
    def _remember(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ping(connection: DBAPIConnection, record: ConnectionPoolEntry, _taken: object) -> None:
        used_at = record.info.get("used_at")
        if used_at is None:
            return
        if not pings_always and used_at > broke_at and time.monotonic() - used_at < PINGED_AFTER_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as broken:
            raise DisconnectionError from broken


def _sqlite_engine(
    url: URL, *, pool: int = 1, only_reads: bool = False, busy_seconds: float = SQLITE_BUSY_SECONDS
) -> Engine:
    in_memory = url.database in (None, "", ":memory:")
    in_pool: dict[str, object] = {"poolclass": QueuePool, "pool_size": pool, "max_overflow": 0}
    if in_memory:
        in_pool = {"poolclass": NullPool}
    engine = create_engine(
        url,
        connect_args={"check_same_thread": False, "timeout": busy_seconds, "cached_statements": 256},
        **in_pool,
    )

    @event.listens_for(engine, "do_connect")
    def _open_existing(_dialect: object, _record: object, place: list[str], options: dict[str, object]) -> None:
        if not in_memory:  # SQLite would create a missing file that everybody can read
            place[0] = f"file:{quote(place[0])}?mode=rw"
            options["uri"] = True

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        define_casefold(connection)
        connection.isolation_level = None  # the driver must not begin transactions by itself
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"wal_autocheckpoint={SQLITE_CHECKPOINT_PAGES}",
            f"query_only={only_reads:d}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    return engine


def _begin_sqlite_writes(engine: Engine, busy_seconds: float, patience: LockPatience) -> None:
    """Begin transactions by locking the file, and wait for the lock in short steps.

    SQLite does not notice anything while it waits, so one long wait would delay the end of a command or a server.
    """

    @event.listens_for(engine, "connect")
    def _wait_in_steps(connection: sqlite3.Connection, _record: object) -> None:
        step = min(busy_seconds, SQLITE_BUSY_STEP_SECONDS)
        connection.execute(f"PRAGMA busy_timeout={round(step * 1000)}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        cursor, deadline = connection.connection.cursor(), time.monotonic() + busy_seconds
        while True:
            try:
                cursor.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as fault:
                is_busy = fault.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not is_busy or time.monotonic() >= min(deadline, patience.give_up_at):
                    raise
            else:
                return
