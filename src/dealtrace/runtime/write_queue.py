"""The one that writes: whoever waits at the same moment is committed together, and yet each stands or falls alone.

One thread takes all waiting wishes, runs them in one transaction, flushes once, and only then answers. If anything
breaks, the transaction is undone and played again wish by wish, each behind a savepoint, so that a broken one never
harms its neighbours; the common case pays for no savepoint.
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
from dealtrace.storage.database.database_errors import is_database_failure, is_lost_race, is_passing
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks

RETRY_PAUSE_SECONDS = 0.1
RETRY_PAUSE_MAX_SECONDS = 2.0
ALONE_TRIES_MAX = 3
"""How often a wish that lost a race decides anew before it counts as broken."""
OVERLOADED_RETRY_SECONDS = 1
UNAVAILABLE_RETRY_SECONDS = 5


@dataclass(slots=True)
class _Waiting:
    operation: Operation[Any, Any]
    site: Site
    command: Any
    answer: "asyncio.Future[Any]"
    size: int
    outcome: Any = None


class WriteQueue:
    """The single writer of a process; made inside a running event loop, which it answers to."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        queue_max: int,
        batch_max: int,
        patience_seconds: float,
        observe: Callable[[int, float], None] = lambda _size, _seconds: None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._queue_max = queue_max
        self._batch_max = batch_max
        self._patience_seconds = patience_seconds
        self._observe = observe
        self._ids = IdBlocks(database.writer)
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="scribe", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many wishes wait now."""
        return self._queue.qsize()

    @property
    def is_alive(self) -> bool:
        """Whether it still writes."""
        return self._thread.is_alive()

    def write(
        self, operation: Operation[Any, Any], site: Site, command: Any, *, size: int = 1
    ) -> "asyncio.Future[Any]":
        """Hand in a wish; the future holds its outcome once it is safely on disk, or raises its refusal.

        `size` says how many single wishes it stands for: a list of calls takes the room and the ids of each.

        Raises:
            Overloaded: too many wait already; nothing was stored.
            DatabaseUnavailable: nobody writes any more.
        """
        if not self.is_alive and not self._stopping:
            raise DatabaseUnavailable(retry_after_seconds=UNAVAILABLE_RETRY_SECONDS)
        if self._stopping or self._queue.qsize() >= self._queue_max:
            raise Overloaded(retry_after_seconds=OVERLOADED_RETRY_SECONDS)
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._queue.put(_Waiting(operation, site, command, answer, size))
        return answer

    async def stop(self) -> None:
        """Write what waits, then end."""
        self._stopping = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while batch := self._next_batch():
            started = time.perf_counter()
            self._settle(batch)
            self._observe(len(batch), time.perf_counter() - started)
            self._loop.call_soon_threadsafe(_deliver, batch)

    def _next_batch(self) -> list[_Waiting]:
        """Wait for one wish, then take all that wait with it; empty once it is time to end."""
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

    def _settle(self, batch: list[_Waiting]) -> None:
        """Give every wish of `batch` its outcome, whatever happens; passing faults are waited out."""
        deadline = time.monotonic() + self._patience_seconds
        pause = RETRY_PAUSE_SECONDS
        write = self._write_together
        while True:
            try:
                write(batch)
            except _CommitUnclear:
                _fail(batch, DatabaseUnavailable(retry_after_seconds=UNAVAILABLE_RETRY_SECONDS))
            except Exception as fault:  # noqa: BLE001 - a wish may break in any way; the writer must outlive it
                if is_passing(fault) and time.monotonic() + pause < deadline:
                    time.sleep(pause)
                    pause = min(pause * 2, RETRY_PAUSE_MAX_SECONDS)
                    continue
                if is_database_failure(fault):
                    _fail(batch, DatabaseUnavailable(retry_after_seconds=UNAVAILABLE_RETRY_SECONDS))
                elif write == self._write_together:
                    write = self._write_one_by_one
                    continue
                else:
                    _fail(batch, fault)
            return

    def _write_together(self, batch: list[_Waiting]) -> None:
        self._ids.ensure(_ids_needed(batch))
        now = self._clock()
        with self._database.writer.connect() as connection, connection.begin() as transaction:
            for group in _groups(batch):
                self._run(connection, group, now)
            _commit(transaction)

    def _write_one_by_one(self, batch: list[_Waiting]) -> None:
        self._ids.ensure(_ids_needed(batch) * ALONE_TRIES_MAX)
        now = self._clock()
        with self._database.writer.connect() as connection, connection.begin() as transaction:
            for waiting in batch:
                self._run_alone(connection, waiting, now)
            _commit(transaction)

    def _run(self, connection: Connection, group: list[_Waiting], now: datetime) -> None:
        first = group[0]
        work = Work(connection, self._ids, first.site, now)
        outcomes = first.operation(work, [waiting.command for waiting in group])
        for waiting, outcome in zip(group, outcomes, strict=True):
            waiting.outcome = outcome

    def _run_alone(self, connection: Connection, waiting: _Waiting, now: datetime) -> None:
        for _ in range(ALONE_TRIES_MAX):
            try:
                with connection.begin_nested():
                    self._run(connection, [waiting], now)
            except Exception as fault:
                if is_database_failure(fault):
                    raise
                waiting.outcome = fault
                if is_lost_race(fault):
                    continue
            return


class _CommitUnclear(Exception):  # noqa: N818 - it names what is the matter
    """The commit itself failed: whether it took place is unknown, so it must not be played again."""


def _commit(transaction: Any) -> None:
    try:
        transaction.commit()
    except Exception as fault:
        raise _CommitUnclear from fault


def _size(batch: Sequence[_Waiting]) -> int:
    return sum(waiting.size for waiting in batch)


def _ids_needed(batch: Sequence[_Waiting]) -> int:
    return sum(ids_needed(waiting.operation, waiting.size) for waiting in batch)


def _groups(batch: Sequence[_Waiting]) -> list[list[_Waiting]]:
    """Group wishes of one operation and one site; inside a group the order of arrival stays."""
    groups: dict[tuple[Operation[Any, Any], int], list[_Waiting]] = {}
    for waiting in batch:
        groups.setdefault((waiting.operation, waiting.site.id), []).append(waiting)
    return list(groups.values())


def _fail(batch: Sequence[_Waiting], fault: BaseException) -> None:
    for waiting in batch:
        waiting.outcome = fault


def _deliver(batch: Sequence[_Waiting]) -> None:
    """Answer those who still wait; runs in the event loop, once a batch."""
    for waiting in batch:
        if waiting.answer.done():
            continue
        if isinstance(waiting.outcome, StopIteration):
            waiting.answer.set_exception(RuntimeError("the operation ended with StopIteration, which no future takes"))
        elif isinstance(waiting.outcome, Exception):
            waiting.answer.set_exception(waiting.outcome)
        else:
            waiting.answer.set_result(waiting.outcome)
