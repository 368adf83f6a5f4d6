"""What a database's error means: a lost race, a passing fault, trouble of the database, or a mistake of ours."""

import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import Column, Connection, MetaData, Table, Text, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.database.database_errors import (
    driver_error,
    has_disk_fault,
    has_no_room,
    is_conflict,
    is_database_failure,
    is_lost_race,
    is_of_other_schema,
    is_temporary,
    is_unavailable,
    message_of,
    retry_reason,
)
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.schema.tables.control import revision


def sqlite_fault(code: int, kind: type[sqlite3.Error] = sqlite3.OperationalError) -> sqlite3.Error:
    fault = kind("it broke")
    fault.sqlite_errorcode = code
    return fault


# Each fault, and whether it is a lost race, passing, the database's trouble.
FAULTS: list[tuple[BaseException, tuple[bool, bool, bool]]] = [
    (
        errors.InternalError_('duplicate key value violates unique constraint "uq_deal_site_id_number_102008"'),
        (True, False, False),
    ),
    (
        errors.InternalError_('повторяющееся значение ключа нарушает ограничение уникальности "pk_visit_102010"'),
        (True, False, False),
    ),
    (
        errors.InternalError_("doppelter Schlüsselwert verletzt Unique-Constraint »uq_deal_site_id_number_102008«"),
        (True, False, False),
    ),
    (
        errors.InternalError_(
            "la valeur d'une clé dupliquée rompt la contrainte unique «\N{NO-BREAK SPACE}uq_deal_site_id_number_1 »"
        ),
        (True, False, False),
    ),
    (
        errors.InternalError_('insert or update on table "x" violates foreign key constraint "fk_deal_tag_deal_1"'),
        (True, False, False),
    ),
    (
        errors.InternalError_("could not find shard\nDETAIL: violates unique constraint of somebody's text"),
        (False, False, False),
    ),
    (errors.InternalError_("cache lookup failed for relation 17"), (False, False, False)),
    (errors.DataCorrupted(), (False, False, False)),
    (errors.IndexCorrupted(), (False, False, False)),
    (errors.IdleInTransactionSessionTimeout(), (False, True, True)),
    (errors.IdleSessionTimeout(), (False, True, True)),
    (errors.InvalidSqlStatementName(), (False, False, True)),
    (errors.DuplicatePreparedStatement(), (False, False, True)),
    (errors.InFailedSqlTransaction(), (False, False, False)),
    (sqlite_fault(sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.IntegrityError), (True, False, False)),
    (sqlite_fault(sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.IntegrityError), (True, False, False)),
    (sqlite_fault(sqlite3.SQLITE_BUSY), (False, True, True)),
    (sqlite_fault(sqlite3.SQLITE_BUSY_SNAPSHOT), (False, True, True)),
    (sqlite_fault(sqlite3.SQLITE_LOCKED), (False, True, True)),
    (sqlite_fault(sqlite3.SQLITE_FULL), (False, False, True)),
    (sqlite_fault(sqlite3.SQLITE_IOERR_FSYNC), (False, False, True)),
    (sqlite_fault(sqlite3.SQLITE_READONLY), (False, False, True)),
    (sqlite_fault(sqlite3.SQLITE_CANTOPEN), (False, False, True)),
    (sqlite_fault(sqlite3.SQLITE_ERROR), (False, False, False)),
    (sqlite3.OperationalError("made by Python's own module"), (False, False, False)),
    (sqlite3.ProgrammingError("closed"), (False, False, False)),
    (errors.UniqueViolation(), (True, False, False)),
    (errors.SerializationFailure(), (False, True, True)),
    (errors.DeadlockDetected(), (False, True, True)),
    (errors.AdminShutdown(), (False, True, True)),
    (errors.CrashShutdown(), (False, True, True)),
    (errors.CannotConnectNow(), (False, True, True)),
    (errors.ConnectionFailure(), (False, True, True)),
    (errors.SqlclientUnableToEstablishSqlconnection(), (False, True, True)),
    (psycopg.OperationalError("the connection is lost"), (False, True, True)),
    (errors.DiskFull(), (False, False, True)),
    (errors.TooManyConnections(), (False, False, True)),
    (errors.QueryCanceled(), (False, False, True)),
    (errors.ReadOnlySqlTransaction(), (False, False, True)),
    (errors.UndefinedTable(), (False, False, False)),
    (errors.SyntaxError(), (False, False, False)),
    (psycopg.DataError("a NUL in a text"), (False, False, False)),
    (errors.StringDataRightTruncation(), (False, False, False)),
    (errors.ProgramLimitExceeded(), (False, False, False)),
    (errors.StatementTooComplex(), (False, False, False)),
    (errors.OutOfMemory(), (False, False, True)),
    (ValueError("ours"), (False, False, False)),
    (TimeoutError(), (False, False, False)),
    (NoFreeConnection(), (False, True, True)),
]


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(("fault", "judged"), FAULTS, ids=lambda item: type(item).__name__)
def test_it_judges_a_fault_alike_whether_wrapped_or_not(
    fault: BaseException, judged: tuple[bool, bool, bool], wrapped: bool
) -> None:
    met: Any = DBAPIError("SELECT 1", {}, fault) if wrapped else fault
    assert (is_lost_race(met), is_temporary(met), is_database_failure(met)) == judged
    assert driver_error(met) is fault


@pytest.mark.parametrize("code", [sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB])
def test_it_blames_the_database_for_a_file_it_cannot_read(code: int) -> None:
    assert is_database_failure(sqlite_fault(code, sqlite3.DatabaseError))


def test_it_blames_the_database_for_a_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "deals.db"
    path.write_bytes(b"not a database at all" * 100)
    database = open_database(f"sqlite:///{path}")
    with pytest.raises(DBAPIError) as met, database.read() as connection:
        connection.exec_driver_sql("SELECT 1")
    database.close()
    assert is_database_failure(met.value)


def break_twice(connection: Connection) -> None:
    for _ in range(2):
        connection.execute(insert(revision).values(name="same", number=1))


def break_twice_hot(connection: Connection) -> None:
    for _ in range(2):
        CompiledStatement(insert(revision)).run_many(connection, [{"name": "same", "number": 1}])


def ask_nonsense(connection: Connection) -> None:
    connection.exec_driver_sql("SELECT nonsense FROM nowhere")


def ask_nonsense_hot(connection: Connection) -> None:
    CompiledStatement(select(Table("nowhere", MetaData(), Column("nonsense", Text)))).fetch(connection, {})


@pytest.mark.parametrize(
    ("work", "judged"),
    [
        (break_twice, (True, False, False)),
        (break_twice_hot, (True, False, False)),
        (ask_nonsense, (False, False, False)),
        (ask_nonsense_hot, (False, False, False)),
    ],
)
def test_it_judges_what_really_happens(database: Database, work: Any, judged: tuple[bool, bool, bool]) -> None:
    with pytest.raises((DBAPIError, sqlite3.Error, psycopg.Error)) as met, database.write() as connection:
        work(connection)
    fault = met.value
    assert (is_lost_race(fault), is_temporary(fault), is_database_failure(fault)) == judged


def test_it_calls_a_busy_file_passing(tmp_path: Path) -> None:
    (tmp_path / "deals.db").touch()
    database = open_database(f"sqlite:///{tmp_path / 'deals.db'}")
    with database.write() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
    holder = sqlite3.connect(database.file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises((DBAPIError, sqlite3.Error)) as met, database.write():
        pass
    holder.close()
    database.close()
    assert is_temporary(met.value)


def test_it_calls_a_connection_that_another_writer_keeps_passing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deals.db").touch()
    database = open_database(f"sqlite:///{tmp_path / 'deals.db'}")
    monkeypatch.setattr(database.writer.pool, "_timeout", 0.01)
    with database.write(), pytest.raises(NoFreeConnection) as met, database.write():
        pass
    database.close()
    assert is_temporary(met.value)
    assert is_database_failure(met.value)


def test_it_calls_a_server_that_is_not_there_passing(tmp_path: Path) -> None:
    database = open_database(f"postgresql://u@/deals?host={tmp_path}")
    with pytest.raises(DBAPIError) as met, database.read():
        pass
    assert is_temporary(met.value)
    assert is_database_failure(met.value)


@pytest.mark.parametrize(
    ("fault", "lacks"),
    [
        (errors.UndefinedTable(), True),
        (errors.UndefinedColumn(), True),
        (errors.UndefinedFunction(), True),
        (errors.InvalidSchemaName(), True),
        (errors.InvalidCatalogName(), True),
        (errors.InsufficientPrivilege(), True),
        (errors.SyntaxError(), False),
        (errors.DiskFull(), False),
        (sqlite3.OperationalError("no such table: deal"), True),
        (sqlite3.OperationalError("no such column: deal.comment"), True),
        (sqlite3.OperationalError("table deal has no column named comment"), True),
        (sqlite3.OperationalError("ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint"), True),
        (sqlite3.OperationalError('near "no": syntax error'), False),
        (sqlite3.OperationalError("no such function: x"), False),
        (sqlite_fault(sqlite3.SQLITE_FULL), False),
        (ValueError("no such table: deal"), False),
    ],
)
def test_a_missing_part_of_the_schema_is_told_from_other_faults(fault: BaseException, lacks: bool) -> None:
    assert is_of_other_schema(fault) == lacks
    assert is_unavailable(fault) == (lacks or is_database_failure(fault))


@pytest.mark.parametrize(
    ("fault", "is_away"),
    [
        (errors.DataCorrupted(), True),
        (errors.InternalError_("cache lookup failed for relation 17"), True),
        (errors.InternalError_("duplicate key value violates unique constraint"), False),
    ],
)
def test_damaged_data_make_a_request_wait_but_not_the_others_of_its_batch(fault: BaseException, is_away: bool) -> None:
    assert is_unavailable(fault) == is_away
    assert not is_database_failure(fault)


@pytest.mark.parametrize(
    ("fault", "is_full"),
    [
        (errors.DiskFull(), True),
        (errors.IoError("could not read block 1"), False),
        (errors.IoError("could not write block 1: No space left on device"), True),
        (sqlite_fault(sqlite3.SQLITE_IOERR_WRITE), True),
        (sqlite_fault(sqlite3.SQLITE_IOERR_READ), False),
        (sqlite_fault(sqlite3.SQLITE_IOERR_FSYNC), False),
        (errors.InternalError_('could not extend file "base/1/2": File too large'), True),
        (errors.InternalError_('could not write to file "base/1/2": Disk quota exceeded'), True),
        (errors.InternalError_("cache lookup failed"), False),
        (errors.AdminShutdown(), False),
        (sqlite_fault(sqlite3.SQLITE_FULL), True),
        (sqlite_fault(sqlite3.SQLITE_READONLY), False),
        (OSError("No space left on device"), False),
    ],
)
def test_no_room_is_told_from_other_faults(fault: BaseException, is_full: bool) -> None:
    assert has_no_room(fault) == is_full


@pytest.mark.parametrize(
    ("fault", "is_of_disk"),
    [
        (errors.IoError("could not read block 1"), True),
        (errors.IoError("could not write block 1: No space left on device"), False),
        (sqlite_fault(sqlite3.SQLITE_IOERR_READ), True),
        (sqlite_fault(sqlite3.SQLITE_IOERR_FSYNC), True),
        (sqlite_fault(sqlite3.SQLITE_IOERR_WRITE), False),
        (sqlite_fault(sqlite3.SQLITE_FULL), False),
        (OSError("disk"), False),
    ],
)
def test_a_fault_of_the_disk_is_told_from_a_full_one(fault: BaseException, is_of_disk: bool) -> None:
    assert has_disk_fault(fault) == is_of_disk


# What may be told.


def test_it_states_the_first_line_alone_for_the_rest_quotes_rows() -> None:
    fault = psycopg.OperationalError('duplicate key "uq"\nDETAIL:  Key (contact)=(79205550055) already exists.')
    assert message_of(fault) == 'duplicate key "uq"'
    assert message_of(DBAPIError("INSERT …", {"contact": "79205550055"}, fault)) == 'duplicate key "uq"'


@pytest.mark.parametrize("fault", [ValueError("79205550055"), KeyError("x")])
def test_it_states_nothing_of_what_is_not_the_databases(fault: Exception) -> None:
    assert message_of(fault) is None


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (errors.DeadlockDetected(), "deadlock"),
        (errors.SerializationFailure(), "serialization"),
        (errors.UniqueViolation(), "race"),
        (errors.InternalError_('violates unique constraint "uq_x"'), "race"),
        (errors.AdminShutdown(), "away"),
        (psycopg.OperationalError(), "away"),
        (sqlite_fault(sqlite3.SQLITE_BUSY), "locked"),
        (NoFreeConnection(), "locked"),
        (sqlite_fault(sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.IntegrityError), "race"),
        (ValueError(), "broken"),
    ],
)
def test_a_second_attempt_is_counted_by_its_reason(fault: BaseException, reason: str) -> None:
    assert retry_reason(fault) == reason


@pytest.mark.parametrize(
    "fault",
    [
        errors.DeadlockDetected(),
        errors.SerializationFailure(),
        errors.UniqueViolation(),
        sqlite_fault(sqlite3.SQLITE_BUSY),
        NoFreeConnection(),
    ],
)
def test_a_transaction_that_lost_against_another_may_be_run_again(fault: Exception) -> None:
    assert is_conflict(fault)


@pytest.mark.parametrize("fault", [errors.AdminShutdown(), errors.DiskFull(), errors.SyntaxError(), ValueError()])
def test_a_transaction_that_failed_alone_is_not_run_again(fault: Exception) -> None:
    assert not is_conflict(fault)
