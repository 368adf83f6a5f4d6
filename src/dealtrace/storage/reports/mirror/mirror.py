"""Lock, build, update and open the mirror, the DuckDB copy of a SQLite database for reports."""

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import SQLAlchemyError

from dealtrace.record import record
from dealtrace.reports.refusals import MirrorBusy
from dealtrace.storage.database.engine import Database
from dealtrace.storage.database.sqlite_file import PRIVATE_MODE
from dealtrace.storage.reports.mirror import marks
from dealtrace.storage.reports.mirror.copy_facts import Progress, apply_marks, fill
from dealtrace.storage.reports.mirror.library import MirrorConnection, MirrorFault, attach, connect
from dealtrace.storage.reports.mirror.open_mirrors import RETRY_SECONDS, OpenMirrors
from dealtrace.storage.reports.mirror.tables import VERSION, creating_statements
from dealtrace.storage.schema.tables.marks import mirror_mark

FOLDER_SUFFIX = ".mirror"
PRIVATE_FOLDER_MODE = 0o700
PATIENCE_SECONDS = 120.0
"""How long a report waits for the mirror while another process reads or builds it."""
_LOOK_SECONDS = 0.01
MARKS_AT_ONCE = 20_000
"""How many marks (records of changed rows) are applied in one transaction of the mirror.

The ids of the changed rows are held in memory.
"""
_SHARE_FOR_BUILDING = 5 / 8
"""The part of the mirror's memory limit that DuckDB may use while it builds the mirror.

The rest is for our own process, and for DuckDB's lists, which DuckDB does not count towards its limit.
"""
_FACTS, _NEW_FACTS, _SCRATCH = "facts.duckdb", "new.duckdb", "scratch.duckdb"
_LOCK, _WAITING, _SPILLED = "lock", "waiting", "spilled"
UNMARKED = "the schema was upgraded, or a person was erased"
_OTHER_STATE = "it was made from another state of the database"
_OPEN_MIRRORS = OpenMirrors()


class MirrorOutdated(MirrorFault):
    """The mirror cannot be updated from the marks of changed rows and must be built again; the message says why."""


@record
class State:
    """The state of a mirror, as its table `state` stores it.

    `stamp` and `stamp_before` are the random strings of the last two updates, see `marks.py`. `last_number` is the
    number of the last mark (the record of a change) that was applied to the mirror.
    """

    stamp: str
    stamp_before: str
    last_number: int


def folder_of(database: Database) -> Path:
    """Return the path of the mirror's folder, next to the SQLite file; the folder can safely be deleted at any time."""
    return database.file.with_name(database.file.name + FOLDER_SUFFIX)


def file_of(database: Database) -> Path:
    """Return the path of the mirror's DuckDB file."""
    return folder_of(database) / _FACTS


def is_built(database: Database) -> bool:
    """Return whether there is a mirror; while a mirror is being built or rebuilt, there is none."""
    return database.has_mirror and file_of(database).exists()


def fault_file_of(database: Database) -> Path:
    """Return the path of the file that says why the mirror last failed to open; it is deleted when the mirror opens."""
    return folder_of(database) / "fault"


def rebuild_file_of(database: Database) -> Path:
    """Return the path of the file that says why an existing mirror was last rebuilt; its date says when."""
    return folder_of(database) / "rebuilt"


def _proceed() -> None:
    """Do nothing, so that waiting continues; this is the default of the parameters named `proceed`."""


@contextmanager
def without_mirror(database: Database, proceed: Callable[[], None] = _proceed) -> Iterator[None]:
    """Delete the mirror, and prevent any process from building it until the end of the block.

    `proceed` is called repeatedly while others lock the mirror; to stop waiting, it raises an exception.

    This is for erasing a person: deleted data stays in the pages of a DuckDB file until the file itself is deleted. The
    caller must also call `forget_mirror` in the transaction that erases the person.

    Raises:
        MirrorBusy: Another process used the mirror for longer than `PATIENCE_SECONDS`.
    """
    if not database.is_sqlite:
        yield
        return
    with held_mirror(database, proceed=proceed) as folder:
        remove_files(folder)
        yield


def forget_mirror(connection: Connection) -> None:
    """Stop marking changes until the mirror is built again; any existing mirror is then out of date.

    Nothing is done if the database has no table of marks; a restored backup may be older than this table.
    """
    if connection.dialect.name == "sqlite" and inspect(connection).has_table(mirror_mark.name):
        marks.stop_marking(connection)


@contextmanager
def held_mirror(
    database: Database, patience: float = PATIENCE_SECONDS, proceed: Callable[[], None] = _proceed
) -> Iterator[Path]:
    """Lock the folder of the mirror until the end of the block; create the folder if it is missing.

    `proceed` is called repeatedly while another thread or process holds the lock; to stop waiting, it raises an
    exception.

    Raises:
        MirrorBusy: another thread or process held the lock for longer than `patience` seconds.
    """
    folder = folder_of(database)
    folder.mkdir(mode=PRIVATE_FOLDER_MODE, exist_ok=True)
    folder.chmod(PRIVATE_FOLDER_MODE)
    with _lock_file(folder / _LOCK) as lock:
        if not _is_locked_now(lock):
            with _lock_file(folder / _WAITING) as waiting:
                fcntl.flock(waiting, fcntl.LOCK_SH)
                _wait_for(lock, time.monotonic() + patience, proceed)
        yield folder


@contextmanager
def _lock_file(file: Path) -> Iterator[int]:
    """Open or create a file to lock; it is closed, and so unlocked, at the end of the block."""
    opened = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE_MODE)
    try:
        yield opened
    finally:
        os.close(opened)


def _wait_for(lock: int, until: float, proceed: Callable[[], None]) -> None:
    while not _is_locked_now(lock):
        proceed()
        if time.monotonic() > until:
            raise MirrorBusy(retry_after_seconds=RETRY_SECONDS)
        time.sleep(_LOOK_SECONDS)


def _is_locked_now(lock: int) -> bool:
    """Try to lock a file, and return whether we got the lock; `False` means that somebody else holds it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_wanted(folder: Path) -> bool:
    """Return whether another process, or the erasure of a person, is waiting for exclusive use of the mirror."""
    with _lock_file(folder / _WAITING) as waiting:
        return not _is_locked_now(waiting)


def _quiet(_table: str) -> None:
    """Ignore the progress of a build."""


@contextmanager
def current_mirror(
    database: Database, progress: Progress = _quiet, patience: float = PATIENCE_SECONDS
) -> Iterator[MirrorConnection]:
    """Bring the mirror up to date with the database and open it; close it at the end of the block.

    A mirror that is missing, damaged, of another version, or made from another state of the database is built again.
    Threads of one process share the open mirror; each thread sees the state that the mirror had at the start of the
    thread's block.

    Raises:
        MirrorBusy: another thread or process used the mirror for longer than `patience` seconds.
        MirrorFault: DuckDB cannot build the mirror, because the disk or the memory is full.
        OSError: the folder of the mirror cannot be written to.
        StatementStopped: the database was interrupted. An interrupted build leaves no files; an update is undone.
    """
    folder, until = folder_of(database), time.monotonic() + patience
    with ExitStack() as reading:
        with _OPEN_MIRRORS.locked(folder, until):
            mirror = _join(database, folder, reading) or _open(database, folder, reading, until, progress)
            mirror.execute("BEGIN")
            _state(mirror)  # a transaction sees the state of its first statement
        yield mirror


def _join(database: Database, folder: Path, reading: ExitStack) -> MirrorConnection | None:
    """Update and share the mirror that this process has open, or return `None` if that is not possible.

    Sharing is not possible if this process has no mirror open. Nor is it possible if another process or the erasure of
    a person waits for exclusive use of the mirror, or if the mirror must be built again: its readers must finish first.
    """
    shared = _OPEN_MIRRORS.join(folder)
    if shared is None:
        return None
    with ExitStack() as joined:
        joined.callback(_OPEN_MIRRORS.leave, folder, shared)
        mirror = joined.enter_context(closing(shared.connection.cursor(database.interruption)))
        with suppress(MirrorFault):
            if not _is_wanted(folder):
                _bring_up_to_date(database, mirror)
                reading.enter_context(joined.pop_all())
                return mirror
    return None


def _open(database: Database, folder: Path, reading: ExitStack, until: float, progress: Progress) -> MirrorConnection:
    """Wait until nobody uses the mirror, and open it; from then on, other threads of this process can use it, too."""
    _OPEN_MIRRORS.wait_for_end(folder, until)
    with ExitStack() as opened:
        proceed = database.interruption.require_none
        opened.enter_context(held_mirror(database, until - time.monotonic(), proceed))
        try:
            connection = _open_current(database, folder, progress)
        except (MirrorFault, OSError) as fault:
            proceed()
            _note(fault_file_of(database), str(fault))
            raise
        opened.callback(_make_private, folder)
        opened.enter_context(closing(connection))
        fault_file_of(database).unlink(missing_ok=True)
        shared = _OPEN_MIRRORS.begin(folder, connection, opened.pop_all())
    reading.callback(_OPEN_MIRRORS.leave, folder, shared)
    return reading.enter_context(closing(connection.cursor(database.interruption)))


def _note(file: Path, cause: str) -> None:
    """Write the first line of `cause` to a file; the other lines are left out, because they may quote rows."""
    with suppress(OSError):
        file.write_text(cause.partition("\n")[0])


def _open_current(database: Database, folder: Path, progress: Progress) -> MirrorConnection:
    cause = ""
    if (folder / _FACTS).exists():
        try:
            return _open_existing(database, folder)
        except MirrorFault as fault:
            cause = str(fault)
    build(database, folder, progress)
    if cause:
        _note(rebuild_file_of(database), cause)
    built = attach(folder / _FACTS, database.mirror_memory_mib, folder / _SPILLED, database.interruption)
    _bring_up_to_date(database, built)
    return built


def _open_existing(database: Database, folder: Path) -> MirrorConnection:
    """Open the file of the mirror and bring it up to date.

    Raises:
        MirrorFault: The file is damaged, of another version, or made from another state of the database.
    """
    shutil.rmtree(folder / _SPILLED, ignore_errors=True)  # left by a process that was killed
    mirror = attach(folder / _FACTS, database.mirror_memory_mib, folder / _SPILLED, database.interruption)
    try:
        _require_version(mirror)
        _bring_up_to_date(database, mirror)
    except BaseException:
        with suppress(MirrorFault):
            mirror.close()
        raise
    return mirror


def _require_version(mirror: MirrorConnection) -> None:
    if mirror.execute("SELECT version FROM state") != [(VERSION,)]:
        raise MirrorOutdated("it was built by another version of Dealtrace")


def _state(mirror: MirrorConnection) -> State:
    (found,) = mirror.execute("SELECT stamp, stamp_before, last_number FROM state")
    return State(*found)


def _bring_up_to_date(database: Database, mirror: MirrorConnection) -> None:
    """Apply all marks to the mirror.

    Raises:
        MirrorOutdated: The mirror was not made from this state of the database.
        MirrorFault: DuckDB failed, because pages of the file are damaged, or the memory or the disk is full.
    """
    with database.read(is_limited=False) as source:
        stamp = marks.find_stamp(source)
        state = _state(mirror)
        last = marks.find_last_number(source)
        if stamp is None:
            raise MirrorOutdated(UNMARKED)
        if stamp not in (state.stamp, state.stamp_before):
            raise MirrorOutdated(_OTHER_STATE)
        if stamp == state.stamp_before != state.stamp and last < state.last_number:
            raise MirrorOutdated(_OTHER_STATE)  # the marks applied last are missing, so an earlier state was restored
        after = 0
        while after < last:
            chunk = [mark for mark in marks.list_marks(source, after, MARKS_AT_ONCE) if mark.number <= last]
            after = chunk[-1].number
            stamp = _apply_chunk(database, source, mirror, chunk, stamp)


def _apply_chunk(
    database: Database, source: Connection, mirror: MirrorConnection, chunk: list[marks.Mark], stamp: str
) -> str:
    """Apply marks to the mirror, delete them, and return the new stamp.

    Marks are deleted after the mirror has committed. If the process ends between these two steps, the marks are applied
    again later, which does no harm.

    Raises:
        MirrorOutdated: The stamp has changed since it was read: another mirror was built, or marking was stopped.
    """
    new_stamp, last_number = token_hex(), chunk[-1].number
    mirror.execute("BEGIN")
    apply_marks(source, mirror, chunk)
    mirror.execute(
        "UPDATE state SET stamp = ?, stamp_before = ?, last_number = ?",
        [new_stamp, stamp, last_number],
    )
    mirror.execute("COMMIT")
    try:
        with database.write() as connection:
            renewed = marks.delete_applied_marks(connection, last_number, stamp, new_stamp)
    except SQLAlchemyError:
        return stamp
    if not renewed:
        raise MirrorOutdated(_OTHER_STATE)
    return new_stamp


def build(database: Database, folder: Path, progress: Progress) -> None:
    """Build a new mirror; the caller must hold the lock of the mirror's folder.

    Changes during the build are marked, and the next update applies them. A build that fails deletes its files, because
    they would keep a full disk full.
    """
    database.interruption.require_none()
    remove_files(folder)
    with database.write() as connection:
        stamp = marks.start_marking(connection)
    file = folder / _NEW_FACTS
    memory_mib = max(int(database.mirror_memory_mib * _SHARE_FOR_BUILDING), 1)
    mirror = connect(file, memory_mib, folder / _SPILLED, database.interruption)
    try:
        for statement in creating_statements():
            mirror.execute(statement)
        with database.read(is_limited=False) as source:
            fill(source, mirror, folder / _SCRATCH, progress)
        mirror.execute("INSERT INTO state VALUES (?, ?, ?, 0)", [VERSION, stamp, stamp])
    except BaseException:
        mirror.close()
        remove_files(folder)
        raise
    mirror.close()
    file.rename(folder / _FACTS)


def remove_files(folder: Path) -> None:
    """Delete all files of the mirror except its lock files; the caller must hold the lock."""
    for entry in folder.iterdir():
        if entry.name in (_LOCK, _WAITING):
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _make_private(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_file():
            entry.chmod(PRIVATE_MODE)
