"""What a database's error means: a lost race, a passing fault, or a real one; read here only."""

import sqlite3

import psycopg

PASSING_SQLSTATES = frozenset({"40001", "40P01", "57P01", "57P02", "57P03"})
"""Serialization failure, deadlock, and a server that is stopping, crashed or not yet ready."""
CONNECTION_CLASS = "08"
_UNREADABLE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def driver_error(fault: BaseException) -> BaseException:
    """Unwrap what SQLAlchemy wrapped; hot statements meet the driver's own errors."""
    original = getattr(fault, "orig", None)
    return original if isinstance(original, BaseException) else fault


def is_lost_race(fault: BaseException) -> bool:
    """Whether somebody stored a conflicting row meanwhile, so that deciding anew gives an answer."""
    return isinstance(driver_error(fault), sqlite3.IntegrityError | psycopg.IntegrityError)


def is_database_failure(fault: BaseException) -> bool:
    """Whether the database itself is in trouble (away, full, locked, unreadable), whatever the work was.

    SQLite calls a faulty statement or a missing table operational too; that is ours, as PostgreSQL has it.
    """
    error = driver_error(fault)
    if isinstance(error, sqlite3.DatabaseError) and _sqlite_code(error) in _UNREADABLE:
        return True
    if isinstance(error, sqlite3.OperationalError):
        return _sqlite_code(error) != sqlite3.SQLITE_ERROR
    return isinstance(error, psycopg.OperationalError)


def message_of(fault: BaseException) -> str | None:
    """Tell what the database says, in its first line (it quotes rows after that); `None` if it is not its fault."""
    error = driver_error(fault)
    return str(error).partition("\n")[0] if isinstance(error, sqlite3.Error | psycopg.Error) else None


def _sqlite_code(error: sqlite3.Error) -> int:
    """Tell the primary result code; errors that Python's own module makes have none."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


def is_passing(fault: BaseException) -> bool:
    """Whether the same work may well succeed a little later: a busy file, a deadlock, a server gone for a while."""
    error = driver_error(fault)
    if isinstance(error, sqlite3.OperationalError):
        return _sqlite_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    if isinstance(error, psycopg.Error):
        state = error.sqlstate
        if state is None:
            return isinstance(error, psycopg.OperationalError)
        return state in PASSING_SQLSTATES or state.startswith(CONNECTION_CLASS)
    return False
