"""End the statements of a report that take too long, from one thread that watches all of them."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from dealtrace.storage.database.interruption import Interrupt


class StatementLimit:
    """Interrupts the statement that a connection is running once the statement has run for `seconds`.

    A single thread watches all statements inside a `watching` block, because starting a thread for each statement would
    take longer than preparing a short statement.
    """

    def __init__(self, seconds: int, interrupt: Interrupt) -> None:
        self._seconds, self._interrupt = seconds, interrupt
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._until: float | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the statements inside the block; each statement must run inside an `of_statement` block."""
        thread = threading.Thread(target=self._watch, name="statement limit", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    @contextmanager
    def of_statement(self) -> Iterator[None]:
        """Interrupt the statement inside the block, but no later one, if the block takes longer than the limit."""
        self._until = time.monotonic() + self._seconds
        try:
            yield
        finally:
            with self._lock:  # a late interruption must not stop the next statement
                self._until = None

    def _watch(self) -> None:
        while not self._ended.wait(self._seconds_left()):
            with self._lock:
                if self._until is not None and self._until <= time.monotonic():
                    self._interrupt()
                    self._until = None

    def _seconds_left(self) -> float:
        """Return the number of seconds during which no statement can reach the limit."""
        until = self._until
        return max(until - time.monotonic(), 0) if until is not None else self._seconds
