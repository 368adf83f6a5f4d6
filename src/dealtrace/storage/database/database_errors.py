"""Classify database errors: a conflict with another transaction, a temporary failure or a permanent failure."""

import re
import sqlite3
import sys

from sqlalchemy.exc import TimeoutError as NoFreeConnection

LOCK_TIMEOUT_SQLSTATE = "55P03"
"""The SQLSTATE of a statement that has waited for a lock of another session as long as it is allowed to."""
CONFLICT_SQLSTATES = frozenset({"40001", "40P01", LOCK_TIMEOUT_SQLSTATE})
"""The SQLSTATEs of a serialization failure, a deadlock and a lock timeout; PostgreSQL rolls one transaction back."""
IDLE_SQLSTATES = frozenset({"25P03", "25P04", "57P05"})
"""The SQLSTATEs of a connection that PostgreSQL ended because it, or its transaction, was idle or open for too long."""
_POOLER_SQLSTATES = frozenset({"26000", "42P05"})
"""The SQLSTATEs of prepared statements that are missing or exist already, because a pooler changed the connection."""
TEMPORARY_SQLSTATES = CONFLICT_SQLSTATES | IDLE_SQLSTATES | {"57P01", "57P02", "57P03"}
"""The SQLSTATEs of conflicts, of connections ended by a time limit, and of a server that stops, crashed or starts."""
RETRY_REASONS = {"40001": "serialization", "40P01": "deadlock", LOCK_TIMEOUT_SQLSTATE: "locked"}
CONNECTION_CLASS = "08"
INTERNAL_CLASS = "XX"
"""The class of SQLSTATEs of damaged data, and of faults that have no SQLSTATE of their own, such as a full quota."""
LIMIT_CLASS = "54"
"""The class of SQLSTATEs that report that a limit was exceeded, for example by a string too long for an index.

The driver then reports an operational error, but the error concerns only the command that exceeded the limit.
"""
STOPPED_SQLSTATE = "57014"
"""The SQLSTATE of a statement that exceeded its time limit."""
READ_ONLY_SQLSTATE = "25006"
"""The SQLSTATE reported by a standby, or by a server that was made read-only."""
_OTHER_SCHEMA_SQLSTATES = frozenset({"42P01", "42703", "42704", "42883", "42P10", "3F000", "3D000", "42501"})
"""The SQLSTATEs of a table, column, type, function, unique index, schema or database that is missing or forbidden."""
_OTHER_SCHEMA = re.compile(
    r"no such (table|column|index|view|trigger):|table \S+ has no column named |ON CONFLICT clause does not match any "
)
"""Finds SQLite's messages about such a part of the schema; it has no code of its own for them."""
_NO_ROOM_SQLSTATE = "53100"
_NO_ROOM = re.compile("No space left|File too large|[Dd]isk quota")
_DISK_SQLSTATE = "58030"
DISK_CURE = "check the disk and the file system of the database: the system's log says what failed"
NO_ROOM_CURE = "free disk space, or raise the quota or the limit on the size of files (ulimit -f) of the database"
_BROKEN_KEY = re.compile(
    r"violates (unique|foreign key|exclusion|check|not-null) constraint"
    r"|[\"«»]\s?(uq|pk|fk|ix)_\w+",  # the names of our keys, whatever language the server speaks
)
_UNREADABLE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class StatementStopped(Exception):  # noqa: N818 - the name says what happened
    """Raised if a statement in DuckDB was stopped, or if an interruption has begun and prevents further statements.

    DuckDB is used without SQLAlchemy, so this is not one of SQLAlchemy's exceptions.
    """


def driver_error(fault: BaseException) -> BaseException:
    """Return the driver's error inside an error of SQLAlchemy, or `fault` itself if it contains no other error."""
    original = getattr(fault, "orig", None)
    return original if isinstance(original, BaseException) else fault


def is_lost_race(fault: BaseException) -> bool:
    """Return whether another transaction stored a conflicting row first, so that a second attempt can succeed.

    Citus reports a key violation in a shard as an internal error; only the error's message says what happened.
    """
    error = driver_error(fault)
    if _is_postgresql(error, "InternalError_"):
        return _BROKEN_KEY.search(str(error).partition("\n")[0]) is not None
    return isinstance(error, sqlite3.IntegrityError) or _is_postgresql(error, "IntegrityError")


def is_conflict(fault: BaseException) -> bool:
    """Return whether a transaction failed because of another one, so that the whole transaction may be run again.

    The cause is a conflicting row, a deadlock, or a lock that the other transaction kept for too long.
    `is_lost_race` leaves out deadlocks: after a lost race, the write queue runs one command again inside its
    transaction, but a deadlock has already ended the transaction.
    """
    error = driver_error(fault)
    if is_lost_race(fault) or _is_locked(error):
        return True
    return _is_postgresql(error) and _sqlstate(error) in CONFLICT_SQLSTATES


def is_locked_out(fault: BaseException) -> bool:
    """Return whether another session kept a lock of PostgreSQL or of a SQLite file for too long."""
    error = driver_error(fault)
    return _is_locked(error) or (_is_postgresql(error) and _sqlstate(error) == LOCK_TIMEOUT_SQLSTATE)


def retry_reason(fault: BaseException) -> str:
    """Return the name under which metrics count a retry after the error `fault`, such as `deadlock`."""
    if is_lost_race(fault):
        return "race"
    error = driver_error(fault)
    if _is_postgresql(error):
        return RETRY_REASONS.get(_sqlstate(error) or "", "away")
    return "locked" if isinstance(error, (sqlite3.OperationalError, NoFreeConnection)) else "broken"


def is_database_failure(fault: BaseException) -> bool:
    """Return whether an error means that the database is unreachable, full, locked, read-only or unreadable.

    Our own bugs do not count: a faulty statement, or a value that exceeds a limit of PostgreSQL. `is_of_other_schema`
    returns whether a table is missing. SQLite reports both faults of statements as operational errors as well.
    """
    error = driver_error(fault)
    if isinstance(error, sqlite3.DatabaseError) and _sqlite_code(error) in _UNREADABLE:
        return True
    if isinstance(error, sqlite3.OperationalError):
        return _sqlite_code(error) != sqlite3.SQLITE_ERROR
    if isinstance(error, NoFreeConnection):
        return True
    state = _sqlstate(error) or ""
    if state.startswith(LIMIT_CLASS) or is_lost_race(error):
        return False
    if _is_postgresql(error, "OperationalError") or is_read_only(error):
        return True
    return _is_postgresql(error) and state in IDLE_SQLSTATES | _POOLER_SQLSTATES


def is_unavailable(fault: BaseException) -> bool:
    """Return whether a database cannot do its work: as a whole, or because a part of it is missing or damaged."""
    return is_database_failure(fault) or is_of_other_schema(fault) or _is_internal(fault)


def has_no_room(fault: BaseException) -> bool:
    """Return whether nothing can be written because a disk is full, or a quota or a limit on files is reached."""
    error = driver_error(fault)
    if isinstance(error, sqlite3.Error):
        is_failed_write = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_IOERR_WRITE
        return is_failed_write or _sqlite_code(error) == sqlite3.SQLITE_FULL
    return _sqlstate(error) == _NO_ROOM_SQLSTATE or (_is_postgresql(error) and _NO_ROOM.search(str(error)) is not None)


def has_disk_fault(fault: BaseException) -> bool:
    """Return whether the disk, or the file system on it, failed to read or write, but not for lack of room."""
    error = driver_error(fault)
    if isinstance(error, sqlite3.Error):
        is_of_disk = _sqlite_code(error) == sqlite3.SQLITE_IOERR
    else:
        is_of_disk = _is_postgresql(error) and _sqlstate(error) == _DISK_SQLSTATE
    return is_of_disk and not has_no_room(error)


def is_stopped(fault: BaseException) -> bool:
    """Return whether a statement was stopped because it took too long."""
    error = driver_error(fault)
    if isinstance(error, StatementStopped):
        return True
    if isinstance(error, sqlite3.OperationalError):
        return _sqlite_code(error) == sqlite3.SQLITE_INTERRUPT
    return _is_postgresql(error, "OperationalError") and _sqlstate(error) == STOPPED_SQLSTATE


def is_read_only(fault: BaseException) -> bool:
    """Return whether a PostgreSQL server accepts no writes; a new connection may reach a server that accepts them."""
    error = driver_error(fault)
    return _is_postgresql(error) and _sqlstate(error) == READ_ONLY_SQLSTATE


def is_of_other_schema(fault: BaseException) -> bool:
    """Return whether a database lacks a table, a column or another part of the schema, or the right to use it.

    A replica that an upgrade has not reached yet lacks some, and so does a database from which somebody dropped some.
    """
    error = driver_error(fault)
    if isinstance(error, sqlite3.OperationalError):
        return _sqlite_code(error) == sqlite3.SQLITE_ERROR and _OTHER_SCHEMA.match(str(error)) is not None
    return _is_postgresql(error) and _sqlstate(error) in _OTHER_SCHEMA_SQLSTATES


def _is_internal(fault: BaseException) -> bool:
    """Return whether PostgreSQL met damaged data or the like, which may concern the rows of one command only."""
    error = driver_error(fault)
    is_internal = _is_postgresql(error) and (_sqlstate(error) or "").startswith(INTERNAL_CLASS)
    return is_internal and not is_lost_race(error)


def message_of(fault: BaseException) -> str | None:
    """Return the first line of a database error (later lines quote rows), or `None` for other errors."""
    error = driver_error(fault)
    is_of_database = isinstance(error, sqlite3.Error) or _is_postgresql(error)
    return str(error).partition("\n")[0] if is_of_database else None


def _is_postgresql(error: BaseException, name: str = "Error") -> bool:
    """Return whether an error has the given class of the PostgreSQL driver.

    The driver is looked up in `sys.modules`, not imported: importing it would make every command on SQLite start 10 %
    slower.
    """
    driver = sys.modules.get("psycopg")
    return driver is not None and isinstance(error, getattr(driver.errors, name))


def _sqlstate(error: BaseException) -> str | None:
    state: str | None = getattr(error, "sqlstate", None)
    return state


def _sqlite_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, or `SQLITE_ERROR` if the module `sqlite3` raised the error itself."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


def is_temporary(fault: BaseException) -> bool:
    """Return whether an error is temporary, such as a busy file, a deadlock or a server that is restarting."""
    error = driver_error(fault)
    if _is_postgresql(error):
        state = _sqlstate(error)
        if state is None:
            return _is_postgresql(error, "OperationalError")
        return state in TEMPORARY_SQLSTATES or state.startswith(CONNECTION_CLASS)
    return _is_locked(error)


def _is_locked(error: BaseException) -> bool:
    """Return whether another writer kept the lock of a SQLite file, or all connections, for too long.

    The writers of a process share one connection to a SQLite file. While another process keeps the lock, one of them
    waits for the lock, and all others wait for the connection.
    """
    if isinstance(error, sqlite3.OperationalError):
        return _sqlite_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return isinstance(error, NoFreeConnection)
