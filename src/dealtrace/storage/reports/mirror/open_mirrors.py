"""The mirrors that a process has open: all threads share one open file per mirror, and the last reader closes it."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Condition, Lock

from dealtrace.reports.refusals import MirrorBusy
from dealtrace.storage.reports.mirror.library import MirrorConnection

RETRY_SECONDS = 10
"""Ours: how many seconds after a `MirrorBusy` a client should try to open the mirror again.

Copying a million deals takes a minute.
"""


class OpenMirror:
    """A mirror that is open in this process; `opened` is closed when its last reader leaves."""

    def __init__(self, connection: MirrorConnection, opened: ExitStack) -> None:
        self.connection, self.opened = connection, opened
        self.readers = 1


class OpenMirrors:
    """The mirrors that this process has open, by folder, each with a lock for opening and updating it."""

    def __init__(self) -> None:
        self._open: dict[Path, OpenMirror] = {}
        self._changed = Condition()
        self._locks: defaultdict[Path, Lock] = defaultdict(Lock)

    @contextmanager
    def locked(self, folder: Path, until: float) -> Iterator[None]:
        """Hold the lock of a mirror during the block, so that only one thread at a time opens and updates the mirror.

        Raises:
            MirrorBusy: Other threads still held the lock at `until`, a time of `time.monotonic`.
        """
        with self._changed:
            lock = self._locks[folder]
        if not lock.acquire(timeout=max(until - time.monotonic(), 0)):
            raise MirrorBusy(retry_after_seconds=RETRY_SECONDS)
        try:
            yield
        finally:
            lock.release()

    def join(self, folder: Path) -> OpenMirror | None:
        """Add a reader to an open mirror and return the mirror, or return `None` if the mirror is not open."""
        with self._changed:
            mirror = self._open.get(folder)
            if mirror is not None:
                mirror.readers += 1
            return mirror

    def begin(self, folder: Path, connection: MirrorConnection, opened: ExitStack) -> OpenMirror:
        """Store a newly opened mirror, so that `join` finds it, and return it; the caller is its first reader."""
        mirror = OpenMirror(connection, opened)
        with self._changed:
            self._open[folder] = mirror
        return mirror

    def leave(self, folder: Path, mirror: OpenMirror) -> None:
        """Remove a reader from an open mirror; when the last reader leaves, the mirror is closed."""
        with self._changed:
            mirror.readers -= 1
            if mirror.readers:
                return
            try:
                mirror.opened.close()
            finally:
                self._open.pop(folder, None)
                self._changed.notify_all()

    def wait_for_end(self, folder: Path, until: float) -> None:
        """Wait until this process has closed a mirror.

        Raises:
            MirrorBusy: The mirror was still open at `until`, a time of `time.monotonic`.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: folder not in self._open, max(until - time.monotonic(), 0)):
                raise MirrorBusy(retry_after_seconds=RETRY_SECONDS)
