"""Whether the database accepts writes, and whether the disk has room for them."""

import os
import resource
from pathlib import Path

from sqlalchemy import func, select

from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.database.engine import Database

FREE_BYTES_MIN = 1024 * 1024
"""The free disk space, in bytes, below which the longest lead or deal may not fit."""
DISK_FULL = "disk full"
FILE_TOO_LARGE = "limit on the size of files nearly reached"
_MODE = CompiledStatement(
    select(
        func.pg_is_in_recovery().label("is_recovering"),
        (func.current_setting("transaction_read_only") == "on").label("is_read_only"),
    )
)


def obstacle_to_writing(database: Database) -> str | None:
    """Return a short reason why nothing can be written, or `None` if writing is possible.

    If PostgreSQL accepts no writes, its connections are closed, so that new connections may find the new primary.
    """
    if database.is_sqlite:
        if _is_full(database.file.absolute().parent):
            return DISK_FULL
        return FILE_TOO_LARGE if _is_at_limit(database.file) else None
    with database.writer.connect() as connection:
        ((is_recovering, is_read_only),) = _MODE.fetch(connection, {})
    if not is_recovering and not is_read_only:
        return None
    database.writer.dispose()
    return "recovering" if is_recovering else "read-only"


def _is_full(folder: Path) -> bool:
    disk = os.statvfs(folder)
    blocks = disk.f_bavail if os.geteuid() else disk.f_bfree  # only root may use the reserved blocks
    return blocks * disk.f_frsize < FREE_BYTES_MIN


def _is_at_limit(file: Path) -> bool:
    """Return whether the database file may soon not grow any more, because of the process's limit on files."""
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return limit != resource.RLIM_INFINITY and file.stat().st_size + FREE_BYTES_MIN > limit
