"""What a database's error means: a lost race, a passing fault, or a real one; read here only."""

import sqlite3

import psycopg

PASSING_SQLSTATES = frozenset({"40001", "40P01", "57P01", "57P02", "57P03"})
"""Serialization failure, deadlock, and a server that is stopping, crashed or not yet ready."""
CONNECTION_CLASS = "08"


def driver_error(fault: BaseException) -> BaseException:
    """Unwrap what SQLAlchemy wrapped; hot statements meet the driver's own errors."""
    original = getattr(fault, "orig", None)
    return original if isinstance(original, BaseException) else fault


def is_lost_race(fault: BaseException) -> bool:
    """Whether somebody stored a conflicting row meanwhile, so that deciding anew gives an answer."""
    return isinstance(driver_error(fault), sqlite3.IntegrityError | psycopg.IntegrityError)


def is_storage_failure(fault: BaseException) -> bool:
    """Whether the database itself is in trouble (away, full, locked, unreadable), whatever the work was."""
    return isinstance(driver_error(fault), sqlite3.OperationalError | psycopg.OperationalError)


def is_passing(fault: BaseException) -> bool:
    """Whether the same work may well succeed a little later: a busy file, a deadlock, a server gone for a while."""
    error = driver_error(fault)
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    if isinstance(error, psycopg.Error):
        state = error.sqlstate
        if state is None:
            return isinstance(error, psycopg.OperationalError)
        return state in PASSING_SQLSTATES or state.startswith(CONNECTION_CLASS)
    return False
