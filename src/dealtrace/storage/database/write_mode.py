"""Whether the database takes writes at all, and whether there is room for them."""

import os

from sqlalchemy import text

from dealtrace.storage.database.engine import Database

FREE_BYTES_MIN = 16 * 1024 * 1024
"""Below this much free space a write is tried every second, instead of waiting for one to fail."""
_MODE = text("SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'")


def read_only_reason(database: Database) -> str | None:
    """Return why a PostgreSQL server takes no writes, in a few words; `None` if it does.

    Connections to a server that became a standby are closed, so that the next ones may find the new primary.
    """
    if database.is_sqlite:
        return None
    with database.writer.connect() as connection:
        is_recovering, is_read_only = connection.execute(_MODE).one()
    if not is_recovering and not is_read_only:
        return None
    database.writer.dispose()
    return "recovering" if is_recovering else "read-only"


def is_nearly_full(database: Database) -> bool:
    """Whether the disk of a SQLite file has little room; that of a PostgreSQL server is not known."""
    if not database.is_sqlite:
        return False
    disk = os.statvfs(database.file.absolute().parent)
    return disk.f_bavail * disk.f_frsize < FREE_BYTES_MIN
