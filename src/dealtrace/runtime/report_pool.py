"""Separate threads for reports, so that reports do not delay other requests."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Concatenate, Literal, ParamSpec, TypeVar

from dealtrace.accounts.site import Site
from dealtrace.operations.reports.ask import FactSource
from dealtrace.operations.reports.open_facts import open_facts
from dealtrace.reports.refusals import ClientGone, MirrorBusy, ReportsBusy, ReportTooSlow, ServerStopping
from dealtrace.runtime.database_watch import DatabaseWatch
from dealtrace.runtime.report_limits import (
    REPORT_SECONDS_MAX,
    REPORTS_AT_ONCE,
    VISITORS_AT_ONCE,
    WAIT_SECONDS,
    WAITING_MAX,
)
from dealtrace.runtime.server_stop import RETRY_SECONDS
from dealtrace.storage.database.database_errors import is_stopped
from dealtrace.storage.database.engine import Database
from dealtrace.storage.database.interruption import Interruption
from dealtrace.storage.reports.statement_types import NO_PARAMETERS, Fetch, Parameters, Rows, Selection

P = ParamSpec("P")
R = TypeVar("R")


class _Stopped(Exception):  # noqa: N818 - it is not an error
    """A report was stopped because its client closed the connection or the server is stopping."""


class ReportPool:
    """Runs reports on threads, and refuses a report if too many others are running and waiting.

    `database` is used only for reports, and has a connection for each thread.
    """

    def __init__(self, database: Database, watch: DatabaseWatch, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._interruption = Interruption()
        self._database = replace(database, interruption=self._interruption)
        self._watch = watch
        self._places = _Places(REPORTS_AT_ONCE, wait_seconds)
        self._visitor_places = _Places(VISITORS_AT_ONCE, wait_seconds)
        self._is_stopping = threading.Event()
        self._pool = ThreadPoolExecutor(REPORTS_AT_ONCE, thread_name_prefix="report")

    async def ask(
        self,
        gone: Callable[[], Awaitable[None]] | None,
        site: Site,
        function: Callable[Concatenate[FactSource, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """On a thread, call `function` with the site's data for reports, `args` and `kwargs`; return its result.

        `gone` must return when the client closes the connection; the report then ends after its current statement.
        `gone` is `None` if no client waits, for example for an e-mail.

        Raises:
            DatabaseUnavailable: the database file was removed or replaced.
            ReportsBusy: too many reports are running and waiting.
            ReportTooSlow: a statement took too long.
            MirrorBusy: the column mirror is being built, or another process uses it.
            ClientGone: the client closed the connection.
            ServerStopping: the server began to stop before the report was ready.
        """
        return await self._ask((self._places,), gone, site, function, args, kwargs)

    async def ask_for_visitor(
        self,
        gone: Callable[[], Awaitable[None]],
        site: Site,
        function: Callable[Concatenate[FactSource, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Do the same as `ask` for a visitor who is not logged in; reports of visitors never occupy all threads.

        Raises:
            Refusal: as in `ask`.
        """
        return await self._ask((self._visitor_places, self._places), gone, site, function, args, kwargs)

    async def _ask(
        self,
        queues: Sequence["_Places"],
        gone: Callable[[], Awaitable[None]] | None,
        site: Site,
        function: Callable[..., R],
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> R:
        """Wait for a place in each of `queues` in turn, then call `function` on a thread and return its result."""
        self._watch.require()
        leaving = asyncio.ensure_future(gone()) if gone is not None else asyncio.get_running_loop().create_future()
        taken: list[_Places] = []
        try:
            try:
                for places in queues:
                    await self._wait_for_place(places, leaving)
                    taken.append(places)
            except BaseException:
                _release(taken)
                raise
            stop = threading.Event()
            running = asyncio.get_running_loop().run_in_executor(
                self._pool, self._call, stop, site, function, args, kwargs
            )
            running.add_done_callback(partial(_report_ended, taken))
            return await _unless_left(running, leaving, stop)
        finally:
            leaving.cancel()

    def begin_stop(self) -> None:
        """End the statements of running reports, the writing of their files and the building of the mirror.

        This returns at once.
        """
        self._is_stopping.set()
        self._interruption.begin()
        self._database.lock_patience.end_within(0)

    def stop(self) -> None:
        """End running reports as `begin_stop` does, then end the threads."""
        self.begin_stop()
        self._pool.shutdown()

    async def _wait_for_place(self, places: "_Places", leaving: asyncio.Future[None]) -> None:
        """Wait for a free place.

        Raises:
            ReportsBusy: too many reports wait, or no place became free in time.
            ClientGone: the client closed the connection.
            ServerStopping: no place became free before the server began to stop.
        """
        if await places.take(leaving):
            return
        if leaving.done():
            raise ClientGone
        if self._is_stopping.is_set():
            raise ServerStopping(retry_after_seconds=RETRY_SECONDS)
        raise ReportsBusy(retry_after_seconds=round(places.wait_seconds))

    def _call(
        self,
        stop: threading.Event,
        site: Site,
        function: Callable[..., R],
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> R:
        try:
            with open_facts(self._database, site) as source:
                proceed = partial(_require_none, (stop, self._is_stopping))
                return function(FactSource(source.tables, _stoppable(source.fetch, proceed), proceed), *args, **kwargs)
        except _Stopped as fault:
            if self._is_stopping.is_set():
                raise ServerStopping(retry_after_seconds=RETRY_SECONDS) from fault
            raise ClientGone from fault
        except Exception as fault:
            if (isinstance(fault, MirrorBusy) or is_stopped(fault)) and self._is_stopping.is_set():
                raise ServerStopping(retry_after_seconds=RETRY_SECONDS) from fault
            if is_stopped(fault):
                raise ReportTooSlow(seconds_max=REPORT_SECONDS_MAX) from fault
            raise


class _Places:
    """Places for running reports; a report waits at most `wait_seconds` for one, and `WAITING_MAX` may wait at once."""

    def __init__(self, count: int, wait_seconds: float) -> None:
        self._free = asyncio.Semaphore(count)
        self._waiting = 0
        self.wait_seconds = wait_seconds

    async def take(self, leaving: asyncio.Future[None]) -> bool:
        """Wait for a place and take it; return `False` if too many wait, the wait times out, or `leaving` is done.

        `leaving` is done when the client closes the connection.
        """
        if self._waiting >= WAITING_MAX:
            return False
        self._waiting += 1
        acquiring = asyncio.ensure_future(self._free.acquire())
        try:
            await asyncio.wait((acquiring, leaving), timeout=self.wait_seconds, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._give_up(acquiring)
            raise
        finally:
            self._waiting -= 1
        if acquiring.done() and not leaving.done():
            return True
        self._give_up(acquiring)
        return False

    def release(self) -> None:
        """Give a place back."""
        self._free.release()

    def _give_up(self, acquiring: asyncio.Future[Literal[True]]) -> None:
        """Give the place back if one was taken; otherwise stop waiting for one."""
        if acquiring.done():
            self.release()
        else:
            acquiring.cancel()


def _release(taken: Sequence[_Places]) -> None:
    for places in taken:
        places.release()


def _report_ended(taken: Sequence[_Places], done: asyncio.Future[R]) -> None:
    _release(taken)
    if not done.cancelled():
        done.exception()  # marks it as retrieved: the client of this report may have left


def _require_none(stops: Sequence[threading.Event]) -> None:
    """Raise `_Stopped` if one of `stops` is set."""
    if any(stop.is_set() for stop in stops):
        raise _Stopped


def _stoppable(fetch: Fetch, proceed: Callable[[], None]) -> Fetch:
    """Return a function like `fetch` that first calls `proceed`, which may raise an error to stop the report."""

    def fetch_unless_stopped(statement: Selection, parameters: Parameters = NO_PARAMETERS) -> Rows:
        proceed()
        return fetch(statement, parameters)

    return fetch_unless_stopped


async def _unless_left(running: asyncio.Future[R], leaving: asyncio.Future[None], stop: threading.Event) -> R:
    """Return the result of a running report; if its client closes the connection first, stop the report.

    Raises:
        ClientGone: the client closed the connection first.
    """
    try:
        await asyncio.wait((running, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.set()
    if not running.done():
        raise ClientGone
    return running.result()
