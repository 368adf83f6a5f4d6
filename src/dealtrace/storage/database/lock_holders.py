"""Name who holds a lock that a command or program failed to get in time."""

from contextlib import suppress
from pathlib import Path

from sqlalchemy import TextClause, text

from dealtrace.storage.database.engine import POSTGRESQL_LOCK_SECONDS, Database

HOLDERS_MAX = 5
"""The maximum number of sessions that are named; those with the longest transactions come first."""
_SESSIONS = text("""
    SELECT pid, application_name, usename, state, date_trunc('second', xact_start AT TIME ZONE 'UTC') AS since
    FROM pg_stat_activity AS session
    WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND (xact_start IS NULL OR xact_start <= now() - :seconds * interval '1 second')
      AND EXISTS (SELECT 1 FROM pg_locks AS held WHERE held.pid = session.pid AND granted AND locktype = 'relation')
    ORDER BY xact_start
    LIMIT :holders_max
""")
"""The sessions with locks on tables whose transactions are old enough, or began at a time that we may not see."""
_BLOCKERS = text("""
    SELECT pid, application_name, usename, state, date_trunc('second', xact_start AT TIME ZONE 'UTC') AS since
    FROM pg_stat_activity
    WHERE pid IN (
        SELECT unnest(pg_blocking_pids(waiting.pid))
        FROM pg_stat_activity AS waiting JOIN pg_locks AS awaited USING (pid)
        WHERE waiting.application_name = :program AND NOT granted
          AND waitstart <= clock_timestamp() - :seconds * interval '1 second'
    )
    ORDER BY xact_start
    LIMIT :holders_max
""")
"""The sessions that keep a program waiting for a lock, once it has waited long enough."""
_FORGOTTEN = text("""
    SELECT pid, application_name, usename, state, date_trunc('second', xact_start AT TIME ZONE 'UTC') AS since
    FROM pg_stat_activity AS session
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'
      AND xact_start <= now() - :seconds * interval '1 second'
      AND EXISTS (
        SELECT 1 FROM pg_locks AS held
        WHERE held.pid = session.pid AND granted AND locktype = 'relation' AND mode <> 'AccessShareLock'
      )
    ORDER BY xact_start
    LIMIT :holders_max
""")
"""The sessions with an idle transaction whose locks may delay others; sessions that only read have no such locks."""
_WRITE_LOCK_BYTE = "120"
"""The position of the byte of a WAL index that the writer of a SQLite file locks, as the kernel writes it."""


def list_lock_holders(database: Database, waited_seconds: float) -> list[str]:
    """Describe the processes or sessions that may have held a lock for the last `waited_seconds`.

    The list is empty if all of them have released their locks by now. Ours: SQL statements are left out, as they quote
    contacts.
    """
    if database.is_sqlite:
        return _list_processes(database.file.with_name(f"{database.file.name}-shm"))
    return _list_sessions(database, _SESSIONS, {"seconds": waited_seconds})


def list_blocking_sessions(database: Database, program: str, waited_seconds: float) -> list[str]:
    """Describe the sessions of PostgreSQL whose locks a program has been waiting for, for at least `waited_seconds`.

    `program` is the `application_name` of its session. The list is empty if the program has not waited that long.
    """
    return _list_sessions(database, _BLOCKERS, {"program": program, "seconds": waited_seconds})


def list_forgotten_sessions(database: Database) -> list[str]:
    """Describe idle PostgreSQL sessions whose transactions have held locks for longer than other sessions wait.

    SQLite has no such sessions.
    """
    return [] if database.is_sqlite else _list_sessions(database, _FORGOTTEN, {"seconds": POSTGRESQL_LOCK_SECONDS})


def _list_sessions(database: Database, statement: TextClause, parameters: dict[str, object]) -> list[str]:
    with database.read() as connection:
        rows = connection.execute(statement, {**parameters, "holders_max": HOLDERS_MAX}).all()
    return [
        f"session {pid} ({', '.join(filter(None, (program, user, state)))})"
        + (f", whose transaction began at {since} UTC" if since is not None else "")
        for pid, program, user, state, since in rows
    ]


def _list_processes(wal_index: Path) -> list[str]:
    """Describe the processes that hold the write lock of a SQLite file; on systems other than Linux, none are found.

    The kernel is asked, because opening and closing the file here would release the locks of this process.
    """
    holders: list[str] = []
    with suppress(OSError):
        inode = str(wal_index.stat().st_ino)
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            *_, mode, pid, file, first, last = line.split()
            is_held = "->" not in line and mode == "WRITE" and file.rpartition(":")[2] == inode
            if is_held and first == last == _WRITE_LOCK_BYTE:
                holders.append(f"process {pid}{_name_of(pid)}")
    return holders


def _name_of(pid: str) -> str:
    try:
        return f" ({Path(f'/proc/{pid}/comm').read_text().strip()})"
    except OSError:
        return ""
