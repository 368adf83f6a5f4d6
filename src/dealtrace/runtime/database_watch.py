"""Check every second whether the database accepts writes, and refuse requests if its file is lost."""

import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import structlog

from dealtrace.errors import DatabaseUnavailable
from dealtrace.record import record
from dealtrace.storage.database.database_errors import (
    DISK_CURE,
    NO_ROOM_CURE,
    has_disk_fault,
    has_no_room,
    is_of_other_schema,
    message_of,
)
from dealtrace.storage.database.engine import Database
from dealtrace.storage.database.sqlite_file import ServedFiles, remember_files
from dealtrace.storage.database.write_mode import DISK_FULL, FILE_TOO_LARGE, obstacle_to_writing
from dealtrace.storage.id_blocks import find_visit_key
from dealtrace.storage.reports.mirror.status import MirrorStatus, find_mirror_status
from dealtrace.storage.schema.missing_parts import RIGHT, list_missing_parts
from dealtrace.storage.schema.trial_write import write_on_trial
from dealtrace.storage.schema.upgrade import is_current, newest_revision

OK: Final = "ok"
OVERLOADED_RETRY_SECONDS = 1
UNAVAILABLE_RETRY_SECONDS = 5
LOOK_SECONDS = 0.1
"""For how many seconds requests rely on the last check of the database's files; each batch of writes checks again."""
NO_ROOM: Final = "no room on the disk, or a quota is reached"
GRANT_CURE = "grant the server's role in PostgreSQL these rights to its tables"
RESTORE_CURE = "stop the server, restore a backup with dealtrace restore, and start the server"
MISSING_MAX = 5
"""How many missing parts of the schema the log names."""
UPGRADE_CURE = "run dealtrace db upgrade"
OVERWRITTEN_CURE = "stop the server, move the file away, restore a backup with dealtrace restore, and start the server"
STALE_SECONDS = 10
"""If the last check ended more than this many seconds ago, the database counts as not responding."""
UNOBSERVED_CURE = "raise fs.inotify.max_user_instances, and let no program touch the database file meanwhile"

_log = structlog.get_logger()


@record
class Health:
    """The state of each part of the database: `ok`, or the problem in a few words.

    `reason` has the details for the log, and `cure` says what to do, without names of files. `mirror` is the state of
    the column mirror, the copy of the data that reports read, or `None` without a mirror. `mirror_fault` is why this
    state could not be read. Neither affects whether deals can be registered.
    """

    write: str
    schema: str
    reason: str = ""
    cure: str = ""
    mirror: MirrorStatus | None = None
    mirror_fault: Exception | None = None

    @property
    def is_ok(self) -> bool:
        """Return whether deals can be registered."""
        return self.write == OK and self.schema == OK


class DatabaseWatch:
    """Checks a database; `check` is called every second, all other methods from any thread at any time.

    After a failed write has been reported, `check` tries to write each time until a write succeeds; otherwise it writes
    nothing. After a missing table or the like has been reported, it compares the schema until nothing is missing.
    """

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._files: ServedFiles | None = None
        self._key = ""
        self._is_lost = False
        self._looked_at = -math.inf
        self._failure: str | None = None
        self._may_lack_parts = self._lacked_parts = False
        self._compared_at = -math.inf
        self._lock = threading.Lock()
        self._checked_at = monotonic()
        self._health = Health("not checked yet", "not checked yet")

    def start(self) -> None:
        """Remember the files of a SQLite database, and the key stored in it, to notice if the database is lost."""
        if self._database.is_sqlite:
            self._files = remember_files(self._database)
            if not self._files.observes_writes:
                _log.warning("file_writes_unobserved", cure=UNOBSERVED_CURE, pid=os.getpid())
            with self._database.read() as connection:
                self._key = find_visit_key(connection)

    @property
    def health(self) -> Health:
        """Return the result of the last check, or "no response" if the check is older than `STALE_SECONDS`."""
        seconds = self._monotonic() - self._checked_at
        if seconds <= STALE_SECONDS:
            return self._health
        return Health("no response", "no response", f"no response for {seconds:.0f} s")

    def require(self, *, is_fresh: bool = False) -> None:
        """Check that no file of the database was removed, replaced or overwritten.

        Without `is_fresh` the result of a check in the last `LOOK_SECONDS` is reused.

        Raises:
            DatabaseUnavailable: the SQLite file, its WAL or its WAL index was removed, replaced or overwritten.
        """
        if self._files is None:
            return
        now = self._monotonic()
        if is_fresh or now - self._looked_at > LOOK_SECONDS:
            self._is_lost = self._files.find_lost() is not None
            self._looked_at = now
        if self._is_lost:
            raise DatabaseUnavailable(retry_after_seconds=UNAVAILABLE_RETRY_SECONDS)

    def report(self, failure: BaseException) -> None:
        """Remember that a read or a write failed, so that the next check tries to write, or looks at the schema."""
        with self._lock:
            if is_of_other_schema(failure):
                self._may_lack_parts = True
            else:
                self._failure = message_of(failure) or type(failure).__name__

    def lacks_parts(self, missed_at: float) -> bool:
        """Return whether a part of the schema or a right is missing, or may be missing because nobody can look.

        The last comparison is reused if it began after `missed_at`, the monotonic time when a request missed something.
        """
        if self._compared_at <= missed_at:
            try:
                self._compare_schema()
            except Exception:  # noqa: BLE001 - the next check says what the failure is
                return True
        return self._lacked_parts

    def begin_stop(self, seconds: float) -> None:
        """Stop waiting for the lock of a SQLite file at the latest `seconds` after the first call of this method."""
        self._database.lock_patience.end_within(seconds)

    def check(self) -> Health:
        """Check all parts and return their state; this blocks while the database does not respond."""
        self._health = self._examine()
        self._checked_at = self._monotonic()
        return self._health

    def _examine(self) -> Health:
        if (loss := self._find_loss()) is not None:
            return loss
        try:
            is_of_this_release = is_current(self._database)
            obstacle = obstacle_to_writing(self._database)
            missing = self._list_missing()
            self._compare_key()
        except Exception as fault:  # noqa: BLE001 - any failure means not ready
            reason = message_of(fault) or type(fault).__name__
            return self._find_loss() or Health("unreachable", "unknown", reason)  # a file may have gone since
        if (loss := self._find_loss()) is not None:
            return loss
        schema, reason, cure = OK, "", ""
        if not is_of_this_release:
            schema, cure = "outdated", UPGRADE_CURE
            reason = f"the schema is not at {newest_revision()}: {cure}"
        elif missing:
            schema, named = "incomplete", ", ".join(missing[:MISSING_MAX])
            cure = GRANT_CURE if all(part.startswith(RIGHT) for part in missing) else RESTORE_CURE
            reason = f"the database has no {named}{', …' if len(missing) > MISSING_MAX else ''}: {cure}"
        if obstacle is not None:
            is_full = obstacle in (DISK_FULL, FILE_TOO_LARGE)
            return Health(obstacle, schema, obstacle, NO_ROOM_CURE if is_full else cure)
        failed = self._try_to_write()
        if failed is not None:
            return replace(failed, schema=schema)
        health = Health(OK, schema, reason, cure)
        return self._with_mirror(health) if health.is_ok else health

    def _list_missing(self) -> list[str]:
        """List the missing parts of the schema if a request has missed one; otherwise, do not look for them."""
        return self._compare_schema() if self._may_lack_parts else []

    def _compare_schema(self) -> list[str]:
        began_at = self._monotonic()
        missing = list_missing_parts(self._database)
        self._may_lack_parts = self._lacked_parts = bool(missing)
        self._compared_at = began_at
        return missing

    def _compare_key(self) -> None:
        """Treat the file as overwritten if SQLite itself has replaced its contents with another database."""
        if self._files is not None:
            with self._database.read() as connection:
                if find_visit_key(connection) != self._key:
                    self._files.mark_overwritten()

    def _find_loss(self) -> Health | None:
        """Return the health to report if a file of the database was lost; otherwise, return `None`."""
        if self._files is None:
            return None
        lost = self._files.find_lost()
        self._is_lost = lost is not None
        if lost is None:
            return None
        if self._files.is_overwritten:
            cure, what = OVERWRITTEN_CURE, "overwritten"
        else:
            cure, what = "stop the server, put the file back, and start the server", "removed or replaced"
        return Health("file removed or replaced", "unknown", f"{lost} was {what}: {cure}", cure)

    def _with_mirror(self, health: Health) -> Health:
        try:
            return replace(health, mirror=find_mirror_status(self._database))
        except Exception as fault:  # noqa: BLE001 - deals can be registered without a mirror
            return replace(health, mirror_fault=fault)

    def _try_to_write(self) -> Health | None:
        """Try to write if an earlier write failed; return the health if this fails, else `None`."""
        failure = self._failure
        if failure is None:
            return None
        try:
            write_on_trial(self._database.writer)
        except Exception as fault:  # noqa: BLE001 - the next second tries again
            reason = message_of(fault) or type(fault).__name__
            if has_no_room(fault):
                return Health(NO_ROOM, OK, f"{reason}: {NO_ROOM_CURE}", NO_ROOM_CURE)
            if has_disk_fault(fault):
                return Health("failing", OK, f"{reason}: {DISK_CURE}", DISK_CURE)
            return Health("failing", OK, reason)
        with self._lock:
            if self._failure == failure:
                self._failure = None
        return None
