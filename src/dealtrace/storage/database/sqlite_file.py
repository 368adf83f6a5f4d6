"""Create the files of a SQLite database, claim them for a server, and notice if they are lost."""

import fcntl
import os
from pathlib import Path
from threading import Lock

from sqlalchemy import text

from dealtrace.storage.database.engine import Database
from dealtrace.storage.database.watched_log import WatchedLog

PRIVATE_MODE = 0o600
"""The file mode of a database: only its owner may read it, as it contains phones, e-mails and digests of tokens."""
OTHERS_MODE = 0o007
_COMPANIONS = ("-wal", "-shm")

FileId = tuple[int, int]
"""Device and inode, which identify a file under any name."""


def create_private_file(path: Path) -> None:
    """Create a file that only its owner can read, unless it exists; SQLite gives the WAL the same mode."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_MODE))


def is_open_to_others(path: Path) -> bool:
    """Return whether users other than the owner and the group of a file can read or write it."""
    return bool(path.stat().st_mode & OTHERS_MODE)


def claim_file(path: Path) -> bool:
    """Lock a database file until this process and its children end; return `False` if another server has locked it.

    The lock holds for every path of the file, such as a link. It keeps out only other servers: other commands of
    `dealtrace` can still use the file. The file descriptor stays open: closing it would also release SQLite's own locks
    in this process.
    """
    claim = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(claim)
        return False
    return True


class ServedFiles:
    """A database file, its WAL and the WAL's index, as a server opened them.

    A connection continues to write to a file that was removed or replaced, and those writes are lost.
    """

    def __init__(self, path: Path) -> None:
        """Remember the three files; the WAL and its index exist only after a connection has read the database."""
        self._path = path
        self._overwritten: Path | None = None
        self._lock = Lock()
        wal, wal_index = (path.with_name(path.name + companion) for companion in _COMPANIONS)
        self._files = {file: file_id(file) for file in (path, wal, wal_index)}
        self._log = WatchedLog(path, wal, wal_index)

    @property
    def is_overwritten(self) -> bool:
        """Return whether a file was ever found overwritten or emptied, which means that its content is lost."""
        return self._overwritten is not None

    @property
    def observes_writes(self) -> bool:
        """Return whether a file that was only touched is told from one that was written to."""
        return self._log.observes_writes

    def mark_overwritten(self) -> None:
        """Treat the database file as overwritten, because it now contains another database."""
        with self._lock:
            self._overwritten = self._overwritten or self._path

    def find_lost(self) -> Path | None:
        """Return the path of a file that was removed, replaced or overwritten, or `None` if there is none.

        A file that was ever seen empty or overwritten stays lost, since SQLite may write a few pages to it again. A WAL
        may be empty.
        """
        lost = next((path for path, known in self._files.items() if file_id(path) != known), None)
        with self._lock:  # the event loop and two threads look for lost files
            if lost is None and self._overwritten is None:
                self._overwritten = self._path if _is_empty(self._path) else self._log.find_overwritten()
            return lost or self._overwritten


def remember_files(database: Database) -> ServedFiles:
    """Return the files of a SQLite database as they are now, to notice later if a file is removed or overwritten.

    The database is read first, which creates its WAL and WAL index; both exist as long as the database is open.
    """
    with database.read() as connection:
        connection.execute(text("SELECT count(*) FROM sqlite_schema")).scalar_one()
        return ServedFiles(database.file)


def _is_empty(path: Path) -> bool:
    try:
        return os.stat(path).st_size == 0  # noqa: PTH116 - called for every request, and cheaper than `Path.stat`
    except OSError:
        return False


def file_id(path: Path) -> FileId | None:
    """Return the device and inode of a file, or `None` if the file does not exist."""
    try:
        found = os.stat(path)  # noqa: PTH116 - called for every request, and cheaper than `Path.stat`
    except OSError:
        return None
    return found.st_dev, found.st_ino
