"""Who of one process reads a mirror: they share one connection, and the last to leave closes it."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Condition, Lock

from dealtrace.storage.reports.mirror.library import MirrorConnection


class MirrorBusy(Exception):  # noqa: N818 - it names the state
    """Others had the mirror for too long."""


class Session:
    """A mirror that is open in this process; `opened` is closed when its last reader leaves."""

    def __init__(self, connection: MirrorConnection, opened: ExitStack) -> None:
        self.connection, self.opened = connection, opened
        self.readers = 1


class Sessions:
    """The open mirrors of this process by their folders, each with a door that one thread at a time passes."""

    def __init__(self) -> None:
        self._open: dict[Path, Session] = {}
        self._changed = Condition()
        self._doors: defaultdict[Path, Lock] = defaultdict(Lock)

    @contextmanager
    def door(self, folder: Path, until: float) -> Iterator[None]:
        """Have the door of a mirror alone: it is opened and brought up to date by one thread at a time.

        Raises:
            MirrorBusy: other threads still had it at `until`, in the time of `time.monotonic`.
        """
        with self._changed:
            door = self._doors[folder]
        if not door.acquire(timeout=max(until - time.monotonic(), 0)):
            raise MirrorBusy
        try:
            yield
        finally:
            door.release()

    def join(self, folder: Path) -> Session | None:
        """Become a further reader of an open mirror; `None` if it is not open."""
        with self._changed:
            session = self._open.get(folder)
            if session is not None:
                session.readers += 1
            return session

    def begin(self, folder: Path, connection: MirrorConnection, opened: ExitStack) -> Session:
        """Let others join a mirror that its first reader has opened."""
        session = Session(connection, opened)
        with self._changed:
            self._open[folder] = session
        return session

    def leave(self, folder: Path, session: Session) -> None:
        """Stop reading; the last to leave closes the mirror."""
        with self._changed:
            session.readers -= 1
            if session.readers:
                return
            try:
                session.opened.close()
            finally:
                self._open.pop(folder, None)
                self._changed.notify_all()

    def wait_for_end(self, folder: Path, until: float) -> None:
        """Wait until a mirror is not open in this process.

        Raises:
            MirrorBusy: it was still open at `until`, in the time of `time.monotonic`.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: folder not in self._open, max(until - time.monotonic(), 0)):
                raise MirrorBusy
