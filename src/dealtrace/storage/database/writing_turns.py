"""Let other programs write to a SQLite file while a command writes to it for a long time."""

import sqlite3
import time

from sqlalchemy import Connection, Engine, event

WRITTEN_MAX_SECONDS = 1.0
"""After writing for this long with hardly a pause, an engine pauses; the pauses take at most 13 % of its time."""
PAUSE_SECONDS = 0.15
"""The pause during which others can write, since SQLite retries a blocked write every 0.1 s."""


def pause_for_other_writers(engine: Engine) -> None:
    """Let an engine with a single connection pause before a transaction if it has written for long without one.

    SQLite has no queue: a program that finds the file locked tries again every 0.1 s, and would rarely find the file
    unlocked between two of many short transactions.
    """
    turns = _Turns()
    event.listen(engine, "checkout", turns.before)
    event.listen(engine, "begin", turns.begun)
    event.listen(engine, "checkin", turns.over)


class _Turns:
    """How long an engine has written since it last left the file to others for `PAUSE_SECONDS`."""

    def __init__(self) -> None:
        self._written = 0.0
        self._begun_at: float | None = None
        self._over_at = 0.0

    def before(self, _connection: sqlite3.Connection, _record: object, _proxy: object) -> None:
        paused = time.monotonic() - self._over_at
        if paused < PAUSE_SECONDS and self._written >= WRITTEN_MAX_SECONDS:
            time.sleep(PAUSE_SECONDS - paused)
            paused = PAUSE_SECONDS
        if paused >= PAUSE_SECONDS:
            self._written = 0.0

    def begun(self, _connection: Connection) -> None:
        self._begun_at = time.monotonic()

    def over(self, _connection: sqlite3.Connection, _record: object) -> None:
        self._over_at = time.monotonic()
        if self._begun_at is not None:
            self._written += self._over_at - self._begun_at
            self._begun_at = None
