"""A queue with a writing thread: waiting commands are committed together, but each can fail alone.

The thread runs all waiting commands in a transaction, commits, and only then delivers their outcomes. If a command
fails, the thread rolls back and runs the commands again one by one, each in a savepoint, so that the other commands are
not affected.
"""

import asyncio
import math
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import TypeVar

from sqlalchemy import Connection, RootTransaction

from dealtrace.accounts.site import Site
from dealtrace.errors import DatabaseUnavailable, Overloaded, Refusal
from dealtrace.operations.work import Operation, Work
from dealtrace.operations.write_command import Payload, WriteCommand
from dealtrace.runtime.batch_delay import BatchDelay
from dealtrace.runtime.database_watch import OVERLOADED_RETRY_SECONDS, UNAVAILABLE_RETRY_SECONDS, DatabaseWatch
from dealtrace.runtime.pending_commands import (
    Pending,
    count_ids,
    deliver,
    fail_all,
    group_by_operation,
    group_by_site,
    run_group,
    split_lists_off,
)
from dealtrace.runtime.postponed_sites import RETRY_PAUSE_MAX_SECONDS, RETRY_PAUSE_SECONDS, PostponedSites
from dealtrace.storage.database.database_errors import (
    is_database_failure,
    is_locked_out,
    is_lost_race,
    is_read_only,
    is_temporary,
    is_unavailable,
    retry_reason,
)
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.reports.known_statuses import KnownStatuses
from dealtrace.storage.schema.distribution import is_distributed

Outcome = TypeVar("Outcome")
ALONE_TRIES_MAX = 3
"""How many times a command is run alone, if it conflicts with other writers each time, before it counts as failed."""

LOCK_SECONDS = 0.1
"""How long the write queue waits for each lock of another session of PostgreSQL, before it writes other sites.

Ours: a locked site delays other sites by this much at most, and nearly all transactions of other processes are shorter.
"""

STOP_PATIENCE_SECONDS = 5
"""Ours: how many seconds after a stop begins the write queue may still retry commands and wait for a SQLite file.

All requests must be answered, and what is in memory stored, before the supervisor kills the process after 30 seconds.
"""


class WriteQueue:
    """Runs the write commands of a process on one thread; create it in the event loop that awaits the outcomes."""

    def __init__(  # noqa: PLR0913 - two of the arguments only collect metrics
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        queue_max: int,
        batch_max: int,
        patience_seconds: float,
        watch: DatabaseWatch | None = None,
        accounts_revision: Callable[[], int] = lambda: 0,
        observe: Callable[[int, float], None] = lambda _size, _seconds: None,
        observe_retry: Callable[[str], None] = lambda _reason: None,
    ) -> None:
        """Start the thread.

        At most `queue_max` commands wait, and a batch has about `batch_max` items. While the database fails, commands
        are retried for up to `patience_seconds`. `accounts_revision` returns the newest revision of the accounts
        (sites, tokens and so on) that the process has seen.
        """
        self._database = database
        self._clock = clock
        self._queue_max = queue_max
        self._batch_max = batch_max
        self._patience_seconds = patience_seconds
        self._give_up_at = math.inf
        self._watch = watch if watch is not None else DatabaseWatch(database)
        self._commits_per_site: bool | None = None
        self._observe = observe
        self._observe_retry = observe_retry
        self._postponed = PostponedSites(batch_max)
        self._writer = database.writer_that_waits(LOCK_SECONDS)
        self._ids = IdBlocks(self._writer)
        self._accounts_revision = accounts_revision
        self._known_statuses = KnownStatuses()
        self._statuses_revision, self._stopping = 0, False
        self._queue: SimpleQueue[Pending | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._gathering = BatchDelay(database.writer.dialect.name)
        self._thread = threading.Thread(target=self._run, name="write-queue", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Return how many commands are waiting."""
        return self._queue.qsize() + self._postponed.waiting

    @property
    def postponed_seconds(self) -> dict[int, float]:
        """Return how many seconds each site has been postponed, by the id of the site."""
        return self._postponed.seconds_by_site

    @property
    def is_alive(self) -> bool:
        """Return whether the thread is running."""
        return self._thread.is_alive()

    def write(
        self,
        operation: Operation[Payload, Outcome | Refusal],
        site: Site,
        command: WriteCommand[Payload],
        *,
        size: int = 1,
    ) -> "asyncio.Future[Outcome]":
        """Queue a command and return its future, which gives the outcome after the commit or raises the refusal.

        `size` is the number of items in the command, such as calls in a list; ids are reserved for each item.

        Raises:
            Overloaded: too many commands are waiting already; nothing was stored.
            DatabaseUnavailable: the thread has ended, or the database file was removed or replaced.
        """
        self._watch.require()
        if not self.is_alive and not self._stopping:
            raise DatabaseUnavailable(retry_after_seconds=UNAVAILABLE_RETRY_SECONDS)
        if self._stopping or self._queue.qsize() >= self._queue_max:
            raise Overloaded(retry_after_seconds=OVERLOADED_RETRY_SECONDS)
        answer: asyncio.Future[Outcome] = self._loop.create_future()
        self._queue.put(Pending(operation, site, command, answer, size))
        return answer

    def begin_stop(self) -> None:
        """Stop retrying commands at the latest `STOP_PATIENCE_SECONDS` after the first call of this method."""
        self._give_up_at = min(self._give_up_at, time.monotonic() + STOP_PATIENCE_SECONDS)
        self._database.lock_patience.end_within(STOP_PATIENCE_SECONDS)
        self._watch.begin_stop(STOP_PATIENCE_SECONDS)

    async def stop(self) -> None:
        """Write the waiting commands, then end the thread."""
        self._stopping = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        is_over = False
        while not is_over or self._postponed:
            batch = None if is_over else self._next_batch()
            is_over = is_over or batch is None
            if is_over and self._postponed:
                time.sleep(self._postponed.seconds_to_due() or 0.0)
            started = time.perf_counter()
            deadline = time.monotonic() + self._patience_seconds
            if batch and (fresh := self._without_postponed(batch)):
                self._write(fresh, deadline)
                self._observe(len(fresh), time.perf_counter() - started)
            self._write_due()

    def _next_batch(self) -> list[Pending] | None:
        """Wait for a command, and return a batch of all commands that are waiting, up to a maximum size.

        The batch is empty if a postponed site is due before any command comes. The result is `None` if the queue is
        stopping.
        """
        try:
            first = self._queue.get(timeout=self._postponed.seconds_to_due())
        except Empty:
            return []
        if first is None:
            return None
        self._gathering.wait(lambda: self._queue.qsize() + 1)
        batch, items = [first], first.size
        while items < self._batch_max and not self._queue.empty():
            following = self._queue.get()
            if following is None:
                self._queue.put(None)
                break
            batch.append(following)
            items += following.size
        self._gathering.gathered(len(batch))
        return batch

    def _without_postponed(self, batch: list[Pending]) -> list[Pending]:
        """Return the commands of sites that are not postponed; every other command waits until its site is due.

        If too many commands of a postponed site wait already, a further command is refused with 503.
        """
        fresh, refused = self._postponed.sort(batch)
        if refused:
            self._acknowledge(refused, DatabaseUnavailable(retry_after_seconds=UNAVAILABLE_RETRY_SECONDS))
        return fresh

    def _write_due(self) -> None:
        """Write the commands of one postponed site whose pause is over; new commands are written before the next one.

        The commands of sites that have waited for too long are refused.
        """
        for expired in self._postponed.take_expired(self._give_up_at):
            self._acknowledge(expired.batch, DatabaseUnavailable(retry_after_seconds=UNAVAILABLE_RETRY_SECONDS))
        if (late := self._postponed.take_due()) is not None:
            self._write(late.batch, late.deadline, pause=late.pause)
        self._postponed.forget_written()

    def _write(self, batch: list[Pending], deadline: float, *, pause: float = 0.0) -> None:
        """Write the commands of `batch` and deliver their outcomes; if a site has to be postponed, its commands wait.

        While the whole database is unavailable, the method waits, but not beyond `deadline`. `pause` is how long to
        pause before the next retry of postponed commands, in seconds.
        """
        parts, whole_pause = [batch], RETRY_PAUSE_SECONDS
        while parts:
            part, started = parts[0], time.monotonic()
            try:
                if len(by_site := self._parts(part)) > 1:
                    parts[:1] = by_site
                    continue
                self._write_part(part)
            except _NotOpen as closed:
                fault = closed.cause
                self._known_statuses = KnownStatuses()  # the database that answers next may not have them
                pause_seconds = 0.0 if is_locked_out(fault) else whole_pause  # the try has waited for the lock already
                if is_temporary(fault) and time.monotonic() + pause_seconds < min(deadline, self._give_up_at):
                    self._observe_retry(retry_reason(fault))
                    time.sleep(pause_seconds)
                    whole_pause = min(whole_pause * 2, RETRY_PAUSE_MAX_SECONDS)
                    continue
                self._acknowledge([pending for left in parts for pending in left], self._refuse(fault))
                return
            except Exception as fault:  # noqa: BLE001 - only temporary faults get here
                self._known_statuses = KnownStatuses()
                self._observe_retry(retry_reason(fault))
                parts[:1] = by_site = group_by_site(part)
                if len(by_site) == 1:
                    parts.pop(0)
                    self._postpone(part, fault, deadline, pause, time.monotonic() - started)
            else:
                parts.pop(0)
                self._acknowledge(part)

    def _parts(self, batch: list[Pending]) -> list[list[Pending]]:
        """Return the parts of a batch: lists of commands, each of which is committed in its own transaction.

        Ours: only a distributed database gets a transaction for each site. On any other database, the sites of a batch
        share a transaction, except those with long lists. This holds even if several processes write: each flushes less
        often, so two processes are faster than one. All processes write sites in the order of their ids. If two of them
        wait for each other nevertheless, because both need the row with the next free id, they give up after
        `LOCK_SECONDS` and write the sites one by one.

        Raises:
            _NotOpen: the database cannot be reached.
        """
        if self._commits_per_site is None:
            try:
                with self._writer.connect() as connection:
                    self._commits_per_site = is_distributed(connection)
            except Exception as fault:
                raise _NotOpen(fault) from fault
        return group_by_site(batch) if self._commits_per_site else split_lists_off(batch)

    def _postpone(self, part: list[Pending], fault: Exception, deadline: float, pause: float, took: float) -> None:
        """Postpone the commands of a site, or refuse them if the deadline is too close for another try."""
        if not self._postponed.postpone(part, deadline, pause, took, is_locked_out=is_locked_out(fault)):
            self._acknowledge(part, self._refuse(fault))

    def _write_part(self, part: list[Pending]) -> None:
        """Write commands together, or one by one if that fails, and set the outcome of each.

        Raises:
            _NotOpen: the database cannot be reached; nothing was run.
            Exception: a temporary fault, after which the commands may be tried again.
        """
        for write in (self._write_together, self._write_one_by_one):
            try:
                write(part)
            except _NotOpen:
                raise
            except _CommitUnclear as unclear:
                self._watch.report(unclear.__cause__ or unclear)
                fail_all(part, DatabaseUnavailable(retry_after_seconds=UNAVAILABLE_RETRY_SECONDS))
            except Exception as fault:
                if is_temporary(fault):
                    raise
                fail_all(part, self._refuse(fault))
                if not is_database_failure(fault):
                    if is_lost_race(fault):
                        self._observe_retry(retry_reason(fault))
                    continue
            return

    def _write_together(self, batch: list[Pending]) -> None:
        with ExitStack() as opened:
            connection, transaction = self._open(opened, count_ids(batch))
            now = self._clock()
            for group in group_by_operation(batch):
                self._run_group(connection, group, now)
            _commit(transaction)

    def _write_one_by_one(self, batch: list[Pending]) -> None:
        with ExitStack() as opened:
            connection, transaction = self._open(opened, count_ids(batch) * ALONE_TRIES_MAX)
            now = self._clock()
            for pending in batch:
                self._run_alone(connection, pending, now)
            _commit(transaction)

    def _open(self, opened: ExitStack, ids: int) -> tuple[Connection, RootTransaction]:
        """Reserve ids and begin a transaction; return the connection and the transaction.

        Raises:
            _NotOpen: the whole database is unavailable, not only the data of one site.
        """
        try:
            self._watch.require(is_fresh=True)
            self._ids.ensure(ids)
            self._follow_revision()
            connection = opened.enter_context(self._writer.connect())
            return connection, opened.enter_context(connection.begin())
        except Exception as fault:
            raise _NotOpen(fault) from fault

    def _follow_revision(self) -> None:
        """If the accounts changed, forget which statuses are stored: those of a removed demo are gone."""
        revision = self._accounts_revision()
        if revision != self._statuses_revision:
            self._known_statuses, self._statuses_revision = KnownStatuses(), revision

    def _refuse(self, fault: Exception) -> Exception:
        """Return the exception with which commands are refused because of `fault`.

        `DatabaseWatch` learns that the database is unavailable. If all of it is, the exception is
        `DatabaseUnavailable`, and connections to a read-only server are closed; other faults are returned.
        """
        if is_unavailable(fault):
            self._watch.report(fault)
        if not is_database_failure(fault):
            return fault
        if is_read_only(fault):
            self._database.writer.dispose()
        return DatabaseUnavailable(retry_after_seconds=UNAVAILABLE_RETRY_SECONDS)

    def _acknowledge(self, batch: list[Pending], fault: BaseException | None = None) -> None:
        """Schedule the delivery of the outcomes of commands; `fault`, if given, is the outcome of all commands."""
        if fault is not None:
            fail_all(batch, fault)
        self._loop.call_soon_threadsafe(deliver, batch)

    def _run_group(self, connection: Connection, group: list[Pending], now: datetime) -> None:
        run_group(Work(connection, self._ids, now, group[0].site, self._known_statuses), group)

    def _run_alone(self, connection: Connection, pending: Pending, now: datetime) -> None:
        for _ in range(ALONE_TRIES_MAX):
            try:
                with connection.begin_nested():
                    self._run_group(connection, [pending], now)
            except Exception as fault:
                if is_database_failure(fault):
                    raise
                pending.outcome = self._refuse(fault)
                if is_lost_race(fault):
                    self._observe_retry(retry_reason(fault))
                    continue
            return


class _CommitUnclear(Exception):  # noqa: N818 - it names the condition
    """The commit failed, and it is unknown whether it took effect, so the commands must not be run again."""


class _NotOpen(Exception):  # noqa: N818
    """No transaction could begin because the whole database is unavailable, not only the data of one site."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _commit(transaction: RootTransaction) -> None:
    try:
        transaction.commit()
    except Exception as fault:
        raise _CommitUnclear from fault
