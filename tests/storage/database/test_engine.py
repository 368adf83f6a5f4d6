"""Engines: durable, patient, strict about keys, and readers that leave nothing behind."""

import os
import socket
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, QueuePool, event, func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from cast import Stage
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.database.database_errors import is_database_failure, is_locked_out, is_temporary
from dealtrace.storage.database.engine import (
    POSTGRESQL_CONNECT_SECONDS,
    SQLITE_BUSY_SECONDS,
    SQLITE_BUSY_STEP_SECONDS,
    Database,
    open_database,
)
from dealtrace.storage.schema.tables.control import revision
from dealtrace.storage.schema.tables.leads import contact
from postgresql import PostgresqlServer


def numbers(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(revision.c.name)).scalars())


def put(database: Database, name: str) -> None:
    with database.write() as connection:
        connection.execute(insert(revision).values(name=name, number=1))


# Both engines.


def test_it_keeps_what_a_transaction_wrote(database: Database) -> None:
    put(database, "kept")
    assert numbers(database) == ["kept"]


def test_it_leaves_nothing_of_a_transaction_that_breaks(database: Database) -> None:
    def break_off() -> None:
        with database.write() as connection:
            connection.execute(insert(revision).values(name="broken", number=1))
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        break_off()
    assert numbers(database) == []


def test_a_reader_cannot_write(database: Database) -> None:
    with database.read() as connection, pytest.raises(DBAPIError, match="read"):
        connection.execute(insert(revision).values(name="smuggled", number=1))
    assert numbers(database) == []


def test_it_shows_a_reader_one_consistent_moment(database: Database) -> None:
    with database.read() as connection:
        before = connection.execute(select(revision.c.name)).all()
        put(database, "meanwhile")
        assert connection.execute(select(revision.c.name)).all() == before, "a page and its total must agree"
    assert numbers(database) == ["meanwhile"]


def test_it_shows_one_consistent_moment_to_hot_statements_too(database: Database) -> None:
    names = CompiledStatement(select(revision.c.name))
    with database.read() as connection:
        before = names.fetch(connection, {})
        put(database, "meanwhile")
        assert names.fetch(connection, {}) == before


def test_it_shows_the_newest_to_whoever_begins_to_read_now(database: Database) -> None:
    for count in range(3):
        put(database, str(count))
        assert len(numbers(database)) == count + 1


def test_it_holds_to_keys_between_tables(database: Database) -> None:
    orphan = insert(contact).values(site_id=1, contact="7", client_id=1, known_since=None)
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(orphan)


def test_it_holds_to_unique_keys(stage: Stage) -> None:
    put(stage.database, "once")
    with pytest.raises(IntegrityError):
        put(stage.database, "once")


def test_it_reads_beside_a_writer_that_has_not_finished(database: Database) -> None:
    with database.write() as connection:
        connection.execute(insert(revision).values(name="unfinished", number=1))
        assert numbers(database) == []
    assert numbers(database) == ["unfinished"]


def test_it_gives_all_connections_back(new_database_url: Callable[[], str]) -> None:
    opened = open_database(new_database_url())
    put(opened, "kept")
    numbers(opened)
    opened.close()
    for pool in (opened.writer.pool, opened.reader.pool):
        assert isinstance(pool, QueuePool)
        assert pool.checkedin() == 0


# Addresses.


def test_it_shows_the_password_nowhere() -> None:
    opened = open_database("postgresql://ivan:geheim@db:5432/deals?sslmode=require")
    assert "geheim" not in repr(opened) + repr(opened.url) + repr(opened.writer) + repr(opened.reader)


@pytest.mark.parametrize(
    ("url", "is_sqlite"),
    [
        ("sqlite:///deals.db", True),
        ("sqlite:////var/lib/deals.db", True),
        ("sqlite+pysqlite:///deals.db", True),
        ("postgresql://u@/deals?host=/run/postgresql", False),
        ("postgresql+psycopg://u@db/deals", False),
        ("postgres://u@db/deals", False),
        ("postgresql://u@/deals?host=a,b,c&target_session_attrs=read-write", False),
    ],
)
def test_it_takes_the_usual_forms_of_a_url(url: str, is_sqlite: bool) -> None:
    opened = open_database(url)
    assert opened.is_sqlite == is_sqlite
    assert opened.writer.driver == opened.reader.driver == ("pysqlite" if is_sqlite else "psycopg")


@pytest.mark.parametrize(
    ("url", "file"), [("sqlite:///deals.db", "deals.db"), ("sqlite:////var/lib/deals.db", "/var/lib/deals.db")]
)
def test_it_states_where_the_file_lies(url: str, file: str) -> None:
    assert open_database(url).file == Path(file).absolute()


def test_it_makes_no_file_before_something_is_written(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path / 'deals.db'}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "seconds"),
    [("postgresql://u@db/deals", POSTGRESQL_CONNECT_SECONDS), ("postgresql://u@db/deals?connect_timeout=2", "2")],
)
def test_it_waits_for_a_server_no_longer_than_stated(url: str, seconds: object) -> None:
    opened = open_database(url)
    result: dict[str, object] = {}

    def connect(*_arguments: object, **options: object) -> None:
        result.update(options)
        raise OSError

    for engine in (opened.writer, opened.reader):
        engine.dialect.connect = connect  # type: ignore[method-assign]
        with pytest.raises(OSError, match=r"^$"):
            engine.connect()
        assert result.pop("connect_timeout") == seconds


@pytest.mark.parametrize(("prepared", "threshold"), [(True, "default"), (False, None)])
def test_it_prepares_no_statements_behind_a_pooler(
    postgresql_server: PostgresqlServer, prepared: bool, threshold: object
) -> None:
    opened = open_database(postgresql_server.url_of("postgres"), prepared_statements=prepared)
    for engine in (opened.writer, opened.reader):
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            assert (driver.prepare_threshold is None) == (threshold is None)
    opened.close()


def test_it_reads_from_a_replica_when_one_is_named(postgresql_server: PostgresqlServer) -> None:
    primary, replica = (postgresql_server.create(name) for name in ("engine_primary", "engine_replica"))
    opened = open_database(primary, read_url=replica)
    with opened.write() as writing, opened.read() as reading:
        sent = "SELECT current_database()"
        result = [connection.exec_driver_sql(sent).scalar_one() for connection in (writing, reading)]
    assert result == ["engine_primary", "engine_replica"]
    opened.close()


# SQLite.


@pytest.fixture
def file(tmp_path: Path) -> Database:
    (tmp_path / "deals.db").touch()
    return open_database(f"sqlite:///{tmp_path / 'deals.db'}")


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
    ],
)
def test_it_opens_every_connection_to_a_file_durable(file: Database, pragma: str, value: object) -> None:
    for engine in (file.writer, file.reader):
        with engine.connect() as connection:
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value
    file.close()


def test_readers_wait_in_sqlite_and_writers_in_steps_between_which_they_can_be_ended(file: Database) -> None:
    for engine, seconds in ((file.reader, SQLITE_BUSY_SECONDS), (file.writer, SQLITE_BUSY_STEP_SECONDS)):
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == seconds * 1000
    file.close()


def test_a_writer_waits_for_a_locked_file_for_longer_than_one_step(file: Database) -> None:
    with file.write():
        pass  # the file is in WAL mode now
    with closing(sqlite3.connect(file.file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        freeing = threading.Timer(3 * SQLITE_BUSY_STEP_SECONDS, other.rollback)
        freeing.start()
        with file.write() as connection:
            connection.exec_driver_sql("CREATE TABLE t (x)")
        freeing.join()
    file.close()


def test_a_writer_that_waits_for_a_locked_file_gives_up_when_a_stop_says_so(file: Database) -> None:
    with file.write():
        pass  # the file is in WAL mode now
    with closing(sqlite3.connect(file.file, isolation_level=None)) as other, ThreadPoolExecutor(1) as threads:
        other.execute("BEGIN IMMEDIATE")
        waiting = threads.submit(file.write().__enter__)
        file.lock_patience.end_within(0)
        file.lock_patience.end_within(SQLITE_BUSY_SECONDS)
        fault = waiting.exception(SQLITE_BUSY_SECONDS / 2)
    assert isinstance(fault, sqlite3.OperationalError)
    assert is_locked_out(fault)
    file.close()


def test_it_locks_the_file_as_soon_as_a_transaction_to_write_begins(file: Database) -> None:
    with file.write() as connection:
        connection.exec_driver_sql("SELECT 1")
        other = sqlite3.connect(file.file, timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN").execute("SELECT * FROM sqlite_schema").fetchall()
        other.close()
    file.close()


def test_it_holds_no_lock_while_it_reads(file: Database) -> None:
    with file.write() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
    with file.read() as connection:
        connection.exec_driver_sql("SELECT * FROM t").all()
        with file.write() as writing:
            writing.exec_driver_sql("INSERT INTO t VALUES (1)")
    file.close()


def test_it_has_one_connection_to_write_a_file(file: Database) -> None:
    assert file.writer.pool.size() == 1  # type: ignore[attr-defined]
    file.close()


def break_connection(database: Database, postgresql_server: PostgresqlServer) -> None:
    """End the server's side of the connection that `database` keeps for its next transaction."""
    with database.write() as connection:
        process = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with psycopg.connect(postgresql_server.url_of("postgres"), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [process])


def test_it_replaces_a_connection_that_broke_while_it_rested(
    postgresql_server: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealtrace.storage.database.engine.PINGED_AFTER_SECONDS", 0.0)
    with closing(open_database(postgresql_server.url_of("postgres"))) as opened:
        break_connection(opened, postgresql_server)
        with opened.write() as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1


def test_it_does_not_ping_a_connection_that_was_just_used(
    postgresql_server: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealtrace.storage.database.engine.PINGED_AFTER_SECONDS", 600.0)
    with closing(open_database(postgresql_server.url_of("postgres"))) as opened:
        break_connection(opened, postgresql_server)
        with pytest.raises(OperationalError), opened.write() as connection:
            connection.exec_driver_sql("SELECT 1")
        with opened.write() as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1


def test_a_connection_that_breaks_while_it_is_used_is_an_error_and_no_traceback_in_the_log(
    postgresql_server: PostgresqlServer, caplog: pytest.LogCaptureFixture
) -> None:
    process = CompiledStatement(select(func.pg_backend_pid().label("process")))

    def use_a_connection_that_breaks(database: Database) -> None:
        with database.writer.connect() as connection:
            end_processes(postgresql_server, {int(process.fetch(connection, {})[0][0])})
            process.fetch(connection, {})

    with closing(open_database(postgresql_server.url_of("postgres"))) as opened:
        with pytest.raises(psycopg.OperationalError):
            use_a_connection_that_breaks(opened)
        with opened.writer.connect() as connection:
            assert process.fetch(connection, {})
    assert not caplog.records


def test_a_bug_that_only_the_pool_meets_is_a_traceback_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: object) -> None:
        raise TypeError("our bug")

    with closing(open_database(f"sqlite:///{tmp_path / 'own.db'}")) as opened:
        (tmp_path / "own.db").touch()
        event.listen(opened.writer, "reset", fail)
        with opened.write():
            pass
    assert "our bug" in caplog.text


def server_process(engine: Engine) -> int:
    """Return the server's process behind the connection that the pool gives next."""
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def fill_pool(engine: Engine, connections: int) -> set[int]:
    """Let the pool open connections, and return their processes of the server."""
    opened = [engine.connect() for _ in range(connections)]
    processes = {connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() for connection in opened}
    for connection in opened:
        connection.close()
    return processes


def end_processes(server: PostgresqlServer, processes: set[int]) -> None:
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as other:
        for process in processes:
            other.execute("SELECT pg_terminate_backend(%s, 10000)", [process])


def shut_socket(connection: psycopg.Connection) -> None:
    """Close a connection as a pooler would, without a word of the server."""
    with socket.socket(fileno=os.dup(connection.fileno())) as shared:
        shared.shutdown(socket.SHUT_RDWR)


BREAKS: dict[str, Callable[[PostgresqlServer, psycopg.Connection], object]] = {
    "ended by the server": lambda server, broken: end_processes(server, {broken.info.backend_pid}),
    "closed by a pooler": lambda _server, broken: shut_socket(broken),
    "closed in the driver": lambda _server, broken: broken.close(),
}


@pytest.mark.parametrize("break_off", BREAKS.values(), ids=BREAKS)
@pytest.mark.parametrize("pinged_after_seconds", [0.0, 600.0])
@pytest.mark.parametrize("is_writer", [True, False])
def test_only_the_connection_that_broke_between_two_uses_is_replaced(
    postgresql_server: PostgresqlServer,
    monkeypatch: pytest.MonkeyPatch,
    break_off: Callable[[PostgresqlServer, psycopg.Connection], object],
    pinged_after_seconds: float,
    is_writer: bool,
) -> None:
    monkeypatch.setattr("dealtrace.storage.database.engine.PINGED_AFTER_SECONDS", pinged_after_seconds)
    with closing(open_database(postgresql_server.url_of("postgres"))) as opened:
        engine = opened.writer if is_writer else opened.reader
        before = fill_pool(engine, 3)
        with engine.connect() as connection:
            broken = connection.connection.driver_connection
            assert broken is not None
        process = broken.info.backend_pid
        break_off(postgresql_server, broken)
        faults = []
        for _ in before:
            try:
                with engine.begin() as connection:
                    connection.exec_driver_sql("SELECT 1")
            except OperationalError as fault:
                faults.append(fault)
        assert len(faults) == (is_writer and pinged_after_seconds > 0)
        assert all(is_database_failure(fault) and is_temporary(fault) for fault in faults)
        assert fill_pool(engine, 3) & before == before - {process}


@pytest.mark.parametrize("is_writer", [True, False])
def test_only_the_connection_that_breaks_in_a_statement_is_replaced(
    postgresql_server: PostgresqlServer, is_writer: bool
) -> None:
    with closing(open_database(postgresql_server.url_of("postgres"))) as opened:
        engine = opened.writer if is_writer else opened.reader
        before = fill_pool(engine, 3)
        with engine.connect() as connection:
            process = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            end_processes(postgresql_server, {process})
            with pytest.raises(OperationalError) as met:
                connection.exec_driver_sql("SELECT 1")
        assert is_database_failure(met.value)
        assert is_temporary(met.value)
        assert fill_pool(engine, 3) & before == before - {process}


def test_one_write_fails_after_all_connections_broke_however_soon(
    postgresql_server: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealtrace.storage.database.engine.PINGED_AFTER_SECONDS", 600.0)
    with closing(open_database(postgresql_server.url_of("postgres"))) as opened:
        before = fill_pool(opened.writer, 5)
        end_processes(postgresql_server, before)
        with pytest.raises(OperationalError), opened.write():
            pass
        for _ in before:
            with opened.write() as connection:
                connection.exec_driver_sql("SELECT 1")
        assert not fill_pool(opened.writer, 5) & before


REFUSES = {
    "too many connections": "ALTER ROLE someone CONNECTION LIMIT 0",
    "a database that is closed": "ALTER DATABASE engine_refusing ALLOW_CONNECTIONS false",
}


@pytest.mark.parametrize("statement", REFUSES.values(), ids=REFUSES)
def test_a_server_that_takes_no_more_connections_is_waited_for(
    postgresql_server: PostgresqlServer, statement: str
) -> None:
    url = postgresql_server.create("engine_refusing")
    with psycopg.connect(postgresql_server.url_of("postgres"), autocommit=True) as other:
        other.execute("CREATE ROLE someone LOGIN")
        other.execute(statement)
        with closing(open_database(url.replace("dealtrace@", "someone@"))) as opened:
            for engine in (opened.writer, opened.reader):
                with pytest.raises(OperationalError) as met:
                    server_process(engine)
                assert is_database_failure(met.value)
                assert is_temporary(met.value)
            other.execute("ALTER ROLE someone CONNECTION LIMIT -1")
            other.execute("ALTER DATABASE engine_refusing ALLOW_CONNECTIONS true")
            assert server_process(opened.writer) != server_process(opened.reader)
        other.execute("DROP DATABASE engine_refusing WITH (FORCE)")
        other.execute("DROP ROLE someone")


def interrupt_within_a_statement(database: Database, stop: KeyboardInterrupt) -> None:
    with database.write() as connection:
        driver = connection.connection.driver_connection
        if isinstance(driver, psycopg.Connection):
            connection.exec_driver_sql("SELECT 1")
            driver.pgconn.send_query(b"SELECT 1")
        raise stop


def test_an_interruption_within_a_statement_is_what_is_raised_though_the_rollback_fails(database: Database) -> None:
    stop = KeyboardInterrupt(1)
    with pytest.raises(KeyboardInterrupt) as met:
        interrupt_within_a_statement(database, stop)
    assert met.value is stop
    with database.write() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
