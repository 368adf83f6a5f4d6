"""Identify the holders of a lock that a command or program failed to get in time."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import TextClause, text

from dealtrace.storage.database.engine import POSTGRESQL_LOCK_SECONDS, Database

HOLDERS_MAX = 5
"""The maximum number of transactions that are named; the longest come first."""
PREPARED = "prepared transaction"
"""How the description of a prepared transaction begins; no session belongs to it, and it may keep locks for ever."""
_SESSIONS = text("""
    SELECT pid, application_name, usename, state, date_trunc('second', xact_start AT TIME ZONE 'UTC') AS since
    FROM pg_stat_activity AS session
    WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND (xact_start IS NULL OR xact_start <= now() - :seconds * interval '1 second')
      AND EXISTS (SELECT 1 FROM pg_locks AS held WHERE held.pid = session.pid AND granted AND locktype = 'relation')
    UNION ALL
    SELECT NULL, gid, owner, NULL, date_trunc('second', prepared AT TIME ZONE 'UTC')
    FROM pg_prepared_xacts
    WHERE database = current_database() AND prepared <= now() - :seconds * interval '1 second'
    ORDER BY since
    LIMIT :holders_max
""")
"""Lists the transactions that have lasted long enough and hold locks: those of sessions, and prepared transactions.

Only sessions with locks on tables are listed, even if it is unknown when their transactions began. Prepared
transactions have no session.
"""
_BLOCKERS = text("""
    WITH awaited AS (
        SELECT waiting.pid AS waiting_pid, locktype, relation, transactionid
        FROM pg_stat_activity AS waiting JOIN pg_locks USING (pid)
        WHERE waiting.application_name = :program AND NOT granted
    ), blocker AS (
        SELECT unnest(pg_blocking_pids(waiting_pid)) AS pid FROM awaited
    )
    SELECT pid, application_name, usename, state, date_trunc('second', xact_start AT TIME ZONE 'UTC') AS since
    FROM pg_stat_activity
    WHERE pid IN (SELECT pid FROM blocker)
    UNION ALL
    SELECT NULL, gid, owner, NULL, date_trunc('second', prepared AT TIME ZONE 'UTC')
    FROM pg_prepared_xacts
    WHERE database = current_database() AND EXISTS (
        SELECT 1
        FROM pg_locks AS own
        JOIN pg_locks AS held ON held.virtualtransaction = own.virtualtransaction AND held.pid IS NULL
        JOIN awaited ON awaited.locktype = held.locktype
        WHERE own.locktype = 'transactionid' AND own.transactionid = pg_prepared_xacts.transaction AND own.pid IS NULL
          AND held.relation IS NOT DISTINCT FROM awaited.relation
          AND held.transactionid IS NOT DISTINCT FROM awaited.transactionid
    )
    ORDER BY since
    LIMIT :holders_max
""")
"""Lists who keeps a program waiting for a lock: sessions and prepared transactions.

For a prepared transaction, `pg_blocking_pids` returns only 0. A prepared transaction holds a lock on its own id; its
other locks are found because they have the same virtual transaction.
"""
_FORGOTTEN = text("""
    SELECT pid, application_name, usename, state, date_trunc('second', xact_start AT TIME ZONE 'UTC') AS since
    FROM pg_stat_activity AS session
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'
      AND xact_start <= now() - :seconds * interval '1 second'
      AND EXISTS (
        SELECT 1 FROM pg_locks AS held
        WHERE held.pid = session.pid AND granted AND locktype = 'relation' AND mode <> 'AccessShareLock'
      )
    UNION ALL
    SELECT NULL, gid, owner, NULL, date_trunc('second', prepared AT TIME ZONE 'UTC')
    FROM pg_prepared_xacts
    WHERE database = current_database() AND prepared <= now() - :seconds * interval '1 second'
      AND EXISTS (
        SELECT 1
        FROM pg_locks AS own
        JOIN pg_locks AS held ON held.virtualtransaction = own.virtualtransaction AND held.pid IS NULL
        WHERE own.locktype = 'transactionid' AND own.transactionid = pg_prepared_xacts.transaction AND own.pid IS NULL
          AND held.locktype = 'relation' AND held.mode <> 'AccessShareLock'
      )
    ORDER BY since
    LIMIT :holders_max
""")
"""Lists idle transactions that hold locks for which others may wait; transactions that only read hold no such locks."""
_WRITE_LOCK_BYTE = "120"
"""The position of the byte of a WAL index that the writer of a SQLite file locks, as the kernel writes it."""


def list_lock_holders(database: Database, waited_seconds: float) -> list[str]:
    """Describe the processes, sessions and prepared transactions that may have held a lock for `waited_seconds`.

    The list is empty if all of them have released their locks by now. Ours: SQL statements are left out, as they quote
    contacts.
    """
    if database.is_sqlite:
        return _list_processes(database.file.with_name(f"{database.file.name}-shm"))
    return _list_transactions(database, _SESSIONS, {"seconds": waited_seconds})


def list_blockers(database: Database, program: str) -> list[str]:
    """Describe the sessions and prepared transactions of PostgreSQL whose locks a program is waiting for.

    `program` is the `application_name` of its session. The list is empty if the program waits for no lock.
    """
    return _list_transactions(database, _BLOCKERS, {"program": program})


def list_forgotten_transactions(database: Database) -> list[str]:
    """Describe the idle transactions of PostgreSQL that hold locks for longer than other sessions wait for a lock.

    A transaction belongs to a session or is a prepared transaction. On SQLite, the list is empty.
    """
    if database.is_sqlite:
        return []
    return _list_transactions(database, _FORGOTTEN, {"seconds": POSTGRESQL_LOCK_SECONDS})


def how_to_end_transactions(holders: Sequence[str]) -> str:
    """Return the advice for ending PostgreSQL transactions that this module described, without a full stop."""
    ways: list[str] = []
    if any(not holder.startswith(PREPARED) for holder in holders):
        ways.append("Let it end its transaction, or end it with SELECT pg_terminate_backend(…)")
    if any(holder.startswith(PREPARED) for holder in holders):
        ways.append("End the prepared transaction with COMMIT PREPARED or ROLLBACK PREPARED")
    return ". ".join(ways)


def _list_transactions(database: Database, statement: TextClause, parameters: dict[str, object]) -> list[str]:
    with database.read() as connection:
        rows = connection.execute(statement, {**parameters, "holders_max": HOLDERS_MAX}).all()
    return [
        f"{PREPARED} '{name}' ({user}), which began before {since} UTC"
        if pid is None
        else f"session {pid} ({', '.join(filter(None, (name, user, state)))})"
        + (f", whose transaction began at {since} UTC" if since is not None else "")
        for pid, name, user, state, since in rows
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
