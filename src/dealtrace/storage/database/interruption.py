"""End statements that take too long, or that run on other threads when a server stops."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, text

from dealtrace.storage.database.database_errors import StatementStopped

Interrupt = Callable[[], object]
"""A function that ends the statement that a connection is running, if any; it may be called from any thread."""
PAUSE_SECONDS = 0.05
"""How many seconds pass before the connections are interrupted again, as another statement may have begun by then."""
STEPS_BETWEEN_LOOKS = 100_000
"""How many steps SQLite's virtual machine runs between two checks of the clock; the steps take a few milliseconds."""


class LockPatience:
    """How long writers may wait for the lock of a SQLite file: until `give_up_at`, on the monotonic clock."""

    def __init__(self) -> None:
        self.give_up_at = math.inf

    def end_within(self, seconds: float) -> None:
        """Let all writers that wait, now or later, give up `seconds` after the first call of this method."""
        self.give_up_at = min(self.give_up_at, time.monotonic() + seconds)


class Interruption:
    """Ends the statements of connections at once when it begins, and from then on prevents further statements."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._has_begun = False
        self._interrupts: dict[object, Interrupt] = {}

    def begin(self) -> None:
        """Start a thread that ends all statements inside `with reaching(…)` blocks, without waiting for the thread."""
        with self._lock:
            if self._has_begun:
                return
            self._has_begun = True
        threading.Thread(target=self._interrupt_all, name="interruption", daemon=True).start()

    def require_none(self) -> None:
        """Check that the interruption has not begun.

        Raises:
            StatementStopped: the interruption has begun.
        """
        if self._has_begun:
            raise StatementStopped("interrupted")

    @contextmanager
    def reaching(self, interrupt: Interrupt) -> Iterator[None]:
        """Call `interrupt` repeatedly from another thread, if the interruption begins before the block ends.

        Raises:
            StatementStopped: the interruption had begun before the block.
        """
        key = object()
        with self._lock:
            self.require_none()
            self._interrupts[key] = interrupt
        try:
            yield
        finally:
            with self._lock:
                del self._interrupts[key]

    def _interrupt_all(self) -> None:
        """Interrupt the connections repeatedly, until all blocks of `reaching` have ended.

        Each time, the lock keeps the blocks from ending, so that no connection is closed while it is interrupted.
        """
        while True:
            with self._lock:
                for interrupt in self._interrupts.values():
                    with suppress(Exception):  # a broken connection runs nothing, and the others must be reached
                        interrupt()
                if not self._interrupts:
                    return
            time.sleep(PAUSE_SECONDS)


@contextmanager
def stopped_after(connection: Connection, seconds: int) -> Iterator[None]:
    """Stop reads of a connection inside the block if they exceed a time limit in seconds; 0 means no limit.

    PostgreSQL limits each statement, SQLite all statements of the transaction together.
    """
    if not seconds:
        yield
    elif connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL statement_timeout = {seconds * 1000}"))
        yield
    else:
        file = connection.connection.driver_connection
        assert file is not None
        deadline = time.monotonic() + seconds
        file.set_progress_handler(lambda: time.monotonic() > deadline, STEPS_BETWEEN_LOOKS)
        try:
            yield
        finally:
            file.set_progress_handler(None, 0)


def interrupt_of(connection: Connection) -> Interrupt:
    """Return a function that another thread can call to end the statement that a connection is running."""
    name = "interrupt" if connection.dialect.name == "sqlite" else "cancel"
    interrupt: Interrupt = getattr(connection.connection.driver_connection, name)
    return interrupt
