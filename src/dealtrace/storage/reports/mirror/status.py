"""The status of a mirror, found without opening it."""

from datetime import UTC, datetime
from pathlib import Path

from dealtrace.record import record
from dealtrace.storage.database.engine import Database
from dealtrace.storage.reports.mirror import marks
from dealtrace.storage.reports.mirror.mirror import UNMARKED, fault_file_of, file_of, rebuild_file_of


@record
class Rebuild:
    """When (in UTC) and why an existing mirror was built again instead of being updated."""

    rebuilt_at: datetime
    cause: str


@record
class MirrorStatus:
    """The size of a mirror, when it was last opened, and `behind`, the number of changes that it must still apply.

    `obstacle` says in a few words why the next report must build the mirror again; it is empty if the mirror can be
    updated. `rebuild` says when and why an unusable mirror was last replaced; it is `None` if none was replaced since
    the first mirror was built, or since a person was last erased.
    """

    size_bytes: int
    opened_at: datetime
    behind: int
    obstacle: str = ""
    rebuild: Rebuild | None = None


def find_mirror_status(database: Database) -> MirrorStatus | None:
    """Find the status of a database's mirror, or return `None` if there is no mirror, as on PostgreSQL."""
    if not database.has_mirror:
        return None
    try:
        return _find(database)
    except FileNotFoundError:  # another thread is deleting the mirror, to build it again
        return None


def _find(database: Database) -> MirrorStatus | None:
    fault_file, file = fault_file_of(database), file_of(database)
    if fault_file.exists():
        return MirrorStatus(0, _modified_at(fault_file), 0, f"it could not be built: {fault_file.read_text()}")
    if not file.exists():
        return None
    with database.read() as connection:
        is_marked, behind = marks.find_stamp(connection) is not None, marks.count_marks(connection)
    obstacle = "" if is_marked else UNMARKED
    return MirrorStatus(file.stat().st_size, _modified_at(file), behind, obstacle, _find_rebuild(database))


def _find_rebuild(database: Database) -> Rebuild | None:
    file = rebuild_file_of(database)
    return Rebuild(_modified_at(file), file.read_text()) if file.exists() else None


def _modified_at(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)
