"""A queue with one writing thread: commands that wait together are committed together, and each fails alone.

The thread takes all commands that wait, runs them in one transaction, flushes once, and only then answers. If anything
breaks, it rolls the transaction back and runs the commands again one by one, each behind a savepoint, so that a broken
command does no harm to its neighbours; the common case pays for no savepoint.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from typing import Any

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.errors import DatabaseUnavailable, Overloaded
from dealtrace.operations.work import Operation, Work, ids_needed
from dealtrace.runtime.database_watch import UNAVAILABLE_RETRY_SECONDS, DatabaseWatch
from dealtrace.storage.database.database_errors import is_database_failure, is_lost_race, is_passing, is_read_only
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks

RETRY_PAUSE_SECONDS = 0.1
RETRY_PAUSE_MAX_SECONDS = 2.0
ALONE_TRIES_MAX = 3
"""How often a command that lost a race is run before it counts as broken."""
OVERLOADED_RETRY_SECONDS = 1


@dataclass(slots=True)
class _Pending:
    operation: Operation[Any, Any]
    site: Site
    command: Any
    answer: "asyncio.Future[Any]"
    size: int
    outcome: Any = None


class WriteQueue:
    """The only writer of a process, made inside the running event loop to which it answers."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        queue_max: int,
        batch_max: int,
        patience_seconds: float,
        watch: DatabaseWatch | None = None,
        observe: Callable[[int, float], None] = lambda _size, _seconds: None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._queue_max = queue_max
        self._batch_max = batch_max
        self._patience_seconds = patience_seconds
        self._watch = watch if watch is not None else DatabaseWatch(database)
        self._observe = observe
        self._ids = IdBlocks(database.writer)
        self._queue: SimpleQueue[_Pending | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="write-queue", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many commands wait now."""
        return self._queue.qsize()

    @property
    def is_alive(self) -> bool:
        """Whether the thread is running."""
        return self._thread.is_alive()

    def write(
        self, operation: Operation[Any, Any], site: Site, command: Any, *, size: int = 1
    ) -> "asyncio.Future[Any]":
        """Queue a command; the future returns its outcome once it is safely on disk, or raises its refusal.

        `size` is how many items the command carries: a list of calls counts as many and reserves ids for each.

        Raises:
            Overloaded: too many commands wait already; nothing was stored.
            DatabaseUnavailable: the thread has died, or the database file is gone.
        """
        self._watch.require()
        if not self.is_alive and not self._stopping:
            raise DatabaseUnavailable(retry_after_seconds=UNAVAILABLE_RETRY_SECONDS)
        if self._stopping or self._queue.qsize() >= self._queue_max:
            raise Overloaded(retry_after_seconds=OVERLOADED_RETRY_SECONDS)
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._queue.put(_Pending(operation, site, command, answer, size))
        return answer

    async def stop(self) -> None:
        """Write what waits, then end the thread."""
        self._stopping = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while batch := self._next_batch():
            started = time.perf_counter()
            self._write(batch)
            self._observe(len(batch), time.perf_counter() - started)
            self._loop.call_soon_threadsafe(_deliver, batch)

    def _next_batch(self) -> list[_Pending]:
        """Wait for a command, then take all that wait with it; return nothing once it is time to end."""
        first = self._queue.get()
        if first is None:
            return []
        batch = [first]
        while _size(batch) < self._batch_max and not self._queue.empty():
            following = self._queue.get()
            if following is None:
                self._queue.put(None)
                break
            batch.append(following)
        return batch

    def _write(self, batch: list[_Pending]) -> None:
        """Give every command of `batch` its outcome, whatever happens; faults that pass are waited out."""
        deadline = time.monotonic() + self._patience_seconds
        pause = RETRY_PAUSE_SECONDS
        write = self._write_together
        while True:
            try:
                self._watch.require()
                write(batch)
            except DatabaseUnavailable as refusal:
                _fail(batch, refusal)
            except _CommitUnclear as fault:
                self._give_up(batch, fault.__cause__ or fault)
            except Exception as fault:  # noqa: BLE001 - a command may break in any way; the thread must outlive it
                if is_passing(fault) and time.monotonic() + pause < deadline:
                    time.sleep(pause)
                    pause = min(pause * 2, RETRY_PAUSE_MAX_SECONDS)
                    continue
                if is_database_failure(fault):
                    self._give_up(batch, fault)
                elif write == self._write_together:
                    write = self._write_one_by_one
                    continue
                else:
                    _fail(batch, fault)
            return

    def _give_up(self, batch: list[_Pending], fault: BaseException) -> None:
        """Refuse a batch because of the database; connections to a server that takes no writes are closed."""
        self._watch.report(fault)
        if is_read_only(fault):
            self._database.writer.dispose()
        _fail(batch, DatabaseUnavailable(retry_after_seconds=UNAVAILABLE_RETRY_SECONDS))

    def _write_together(self, batch: list[_Pending]) -> None:
        self._ids.ensure(_ids_needed(batch))
        now = self._clock()
        with self._database.writer.connect() as connection, connection.begin() as transaction:
            for group in _groups(batch):
                self._run_group(connection, group, now)
            _commit(transaction)

    def _write_one_by_one(self, batch: list[_Pending]) -> None:
        self._ids.ensure(_ids_needed(batch) * ALONE_TRIES_MAX)
        now = self._clock()
        with self._database.writer.connect() as connection, connection.begin() as transaction:
            for pending in batch:
                self._run_alone(connection, pending, now)
            _commit(transaction)

    def _run_group(self, connection: Connection, group: list[_Pending], now: datetime) -> None:
        first = group[0]
        work = Work(connection, self._ids, first.site, now)
        outcomes = first.operation(work, [pending.command for pending in group])
        for pending, outcome in zip(group, outcomes, strict=True):
            pending.outcome = outcome

    def _run_alone(self, connection: Connection, pending: _Pending, now: datetime) -> None:
        for _ in range(ALONE_TRIES_MAX):
            try:
                with connection.begin_nested():
                    self._run_group(connection, [pending], now)
            except Exception as fault:
                if is_database_failure(fault):
                    raise
                pending.outcome = fault
                if is_lost_race(fault):
                    continue
            return


class _CommitUnclear(Exception):  # noqa: N818 - it names what is the matter
    """The commit itself failed: whether it took place is unknown, so it must not be repeated."""


def _commit(transaction: Any) -> None:
    try:
        transaction.commit()
    except Exception as fault:
        raise _CommitUnclear from fault


def _size(batch: Sequence[_Pending]) -> int:
    return sum(pending.size for pending in batch)


def _ids_needed(batch: Sequence[_Pending]) -> int:
    return sum(ids_needed(pending.operation, pending.size) for pending in batch)


def _groups(batch: Sequence[_Pending]) -> list[list[_Pending]]:
    """Group the commands of each operation and site, in the order of arrival."""
    groups: dict[tuple[Operation[Any, Any], int], list[_Pending]] = {}
    for pending in batch:
        groups.setdefault((pending.operation, pending.site.id), []).append(pending)
    return list(groups.values())


def _fail(batch: Sequence[_Pending], fault: BaseException) -> None:
    for pending in batch:
        pending.outcome = fault


def _deliver(batch: Sequence[_Pending]) -> None:
    """Answer those who still wait; called in the event loop, once a batch."""
    for pending in batch:
        if pending.answer.done():
            continue
        if isinstance(pending.outcome, StopIteration):
            pending.answer.set_exception(RuntimeError("the operation ended with StopIteration, which no future takes"))
        elif isinstance(pending.outcome, Exception):
            pending.answer.set_exception(pending.outcome)
        else:
            pending.answer.set_result(pending.outcome)
