"""Notice that a program other than SQLite has written to the files of a SQLite database that is being served.

SQLite writes to the database file only in a checkpoint, which copies pages from the log (the WAL) and is announced in
the log's index before the first page is written. So the file was overwritten if it was written to and no checkpoint was
announced. It is no loss if only the time of its last change was set, as `touch` and backup programs do.

The log was overwritten if the last frame that is recorded in the index is not in the log. The layout of the log and of
its index is documented (https://www.sqlite.org/walformat.html).
"""

import os
from pathlib import Path
from struct import Struct

from dealtrace.record import record
from dealtrace.storage.database.file_writes import FileWrites

_INDEX = Struct("=I 8x B x H I 4x 2I 8s 8x 48x I 28x I")
"""The fields of an index that `_read` reads, in this order; the other bytes are skipped."""
_VERSION = 3007000
_LOG_HEADER_BYTES = 32
_FRAME_HEADER = Struct(">8x 8s 2I")
"""The header of a frame: the salts of the log, and the checksum."""
_LARGEST_PAGE = 1
"""The page size in the index that stands for 65,536 bytes."""


@record
class _Index:
    """The content of a log's index: the last frame and the salts of the log, and the progress of checkpoints."""

    page_size: int
    last_frame: int
    checksum: tuple[int, int]
    salts: bytes
    copied_frames: int
    announced_frames: int

    @property
    def checkpoints(self) -> tuple[bytes, int, int]:
        """Return a value that changes before a checkpoint writes its first page, and again after its last."""
        return self.salts, self.copied_frames, self.announced_frames

    @property
    def is_checkpoint_running(self) -> bool:
        """Return whether an announced checkpoint has not ended: it is still running, or was aborted."""
        return self.copied_frames != self.announced_frames


class WatchedLog:
    """The log of a database file and its index, held open to be read at any time.

    The descriptors of these two are never closed: closing one would release SQLite's own locks in this process.
    """

    def __init__(self, database: Path, log: Path, index: Path) -> None:
        """Open the log and its index, which exist once a connection has read the database."""
        self._database = database
        self._log = log
        self._index = index
        self._log_file, self._index_file = (os.open(file, os.O_RDONLY | os.O_CLOEXEC) for file in (log, index))
        try:
            self._writes: FileWrites | None = FileWrites(database)
        except OSError:
            self._writes = None
        self._known: tuple[object, int] | None = None
        self._is_written = False
        self.find_overwritten()

    @property
    def observes_writes(self) -> bool:
        """Return whether writes are observed; otherwise the time of the file's last change has to do."""
        return self._writes is not None

    def find_overwritten(self) -> Path | None:
        """Return the path of a file that was overwritten since the last call, or `None` if none was.

        While SQLite is changing the files, the result is `None`; a later call finds what was overwritten.
        """
        found = os.pread(self._index_file, _INDEX.size, 0)
        if len(found) < _INDEX.size:
            return self._index
        index = _read(found)
        if index is None:
            return None  # SQLite rebuilds an index that it cannot read
        modified_at = _modified_at(self._database)
        if self._writes is not None and self._writes.take():
            self._is_written = True
        is_log_whole = index.last_frame == 0 or self._has_last_frame(index)
        if os.pread(self._index_file, _INDEX.size, 0) != found:
            return None
        if not is_log_whole:
            return self._log
        if index.is_checkpoint_running or modified_at is None:
            return None
        before, self._known = self._known, (index.checkpoints, modified_at)
        is_changed = before is not None and before[1] != modified_at
        is_written, self._is_written = self._is_written if self._writes is not None else is_changed, False
        is_unannounced = before is not None and before[0] == index.checkpoints and is_written
        return self._database if is_unannounced else None

    def _has_last_frame(self, index: _Index) -> bool:
        """Return whether the log contains the last frame that is recorded in the index."""
        start = _LOG_HEADER_BYTES + (index.last_frame - 1) * (_FRAME_HEADER.size + index.page_size)
        header = os.pread(self._log_file, _FRAME_HEADER.size, start)
        if len(header) < _FRAME_HEADER.size:
            return False
        salts, *checksum = _FRAME_HEADER.unpack(header)
        return salts == index.salts and tuple(checksum) == index.checksum


def _read(found: bytes) -> _Index | None:
    """Parse the bytes of an index; return `None` if it is empty or has another format."""
    version, is_filled, page_size, last, first_sum, second_sum, salts, copied, announced = _INDEX.unpack(found)
    if version != _VERSION or not is_filled:
        return None
    size = 65_536 if page_size == _LARGEST_PAGE else page_size
    return _Index(size, last, (first_sum, second_sum), salts, copied, announced)


def _modified_at(file: Path) -> int | None:
    """Return when a file was last modified, in nanoseconds, or `None` if it does not exist."""
    try:
        return os.stat(file).st_mtime_ns  # noqa: PTH116 - called for every batch, and cheaper than `Path.stat`
    except OSError:
        return None
