"""Requests are stored once, and a site whose rows are locked delays no other."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from cast import Player, Stage
from dealtrace.accounts.api_request import AnsweredRequest
from dealtrace.errors import DatabaseUnavailable, Overloaded
from dealtrace.runtime.request_journal import NO_SITE, STORED_FROM, UNKNOWN_PATHS_PER_MINUTE_MAX, RequestJournal
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.accounts.api_requests import (
    OmittedRequests,
    RequestQuery,
    count_omitted,
    insert_omitted,
    list_requests,
)
from dealtrace.storage.accounts.encoded_requests import second_of
from dealtrace.storage.database.engine import Database
from waiting import until
from write_commands import open_write_queue, run

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PATIENCE = 0.3
"""For how many seconds a locked site is waited for."""

LockedQueue = tuple[WriteQueue, psycopg.Connection]
"""A write queue, and the session that keeps rows locked from it."""


class Journalled:
    """A journal on a real database; `queue_max=0` is a queue without room."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.journal = RequestJournal(is_kept=True)

    def add(self, player: Player, name: str, at: datetime) -> None:
        self._add(player.site.id, name, at, 200)

    def refuse_without_site(self, at: datetime, *names: str) -> None:
        """Add requests with a wrong token."""
        for name in names:
            self._add(NO_SITE.id, name, at, 401)

    def _add(self, site_id: int, name: str, at: datetime, status: int) -> None:
        self.journal.add(
            AnsweredRequest(site_id, at, name, None, "GET", "/x", {}, status, None, None, None, seconds=0.001)
        )

    def store(self, **settings: int) -> None:
        async def story() -> None:
            async with open_write_queue(self._database, **settings) as write_queue:
                await self.journal.store(write_queue)

        run(story)

    @asynccontextmanager
    async def locked(self, player: Player, first: str, **settings: float) -> AsyncIterator[LockedQueue]:
        """Make the next write wait that begins with the request `first` of a site; yield a write queue and the holder.

        Another session has stored the same request and not committed it, as if the commit of a process had been lost.
        """
        async with open_write_queue(self._database, **settings) as write_queue, self._session() as holder:
            key = (player.site.id, second_of(NOW), first)
            holder.execute("INSERT INTO api_request_batch VALUES (%s, %s, %s, 1, 0, '[]')", key)
            yield write_queue, holder

    @asynccontextmanager
    async def all_locked(self, **settings: float) -> AsyncIterator[LockedQueue]:
        """Make all writes of requests wait, as while an operator's session alters the table."""
        async with open_write_queue(self._database, **settings) as write_queue, self._session() as holder:
            holder.execute("LOCK TABLE api_request_batch IN EXCLUSIVE MODE")
            yield write_queue, holder

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[psycopg.Connection]:
        url = self._database.url.render_as_string(hide_password=False)
        with await asyncio.to_thread(psycopg.connect, url) as holder:
            yield holder

    def store_full(self, player: Player, names: list[str], beside: Player) -> None:
        """Add the requests of a site in two parts, and store each as soon as the journal says that a site is full.

        Before the first part, a request named “beside” of another site is added.
        """

        async def story() -> None:
            async with open_write_queue(self._database) as write_queue:
                self.add(beside, "beside", NOW)
                for part in names[: len(names) // 2], names[len(names) // 2 :]:
                    waiting = asyncio.create_task(self.journal.wait_for_full_site())
                    for name in part[:-1]:
                        self.add(player, name, NOW)
                    for _ in range(5):
                        await asyncio.sleep(0)
                    assert not waiting.done()
                    self.add(player, part[-1], NOW)
                    await waiting
                    await self.journal.store(write_queue, only_full=True)

        run(story)

    def without_site(self, day_at: datetime) -> tuple[list[str], int]:
        """Return the ids of the requests without a site since a day began, and how many more were not kept."""
        with self._database.read() as connection:
            kept = list_requests(connection, NO_SITE.id, RequestQuery(since=day_at), 1000)
            return sorted(each.request_id for each in kept), count_omitted(connection, NO_SITE.id, day_at)

    def names(self, player: Player) -> list[str]:
        with self._database.read() as connection:
            return sorted(each.request_id for each in list_requests(connection, player.site.id, RequestQuery(), 10_000))


def test_storing_requests_deletes_none_as_the_sweep_does_that(database: Database, shop: Player) -> None:
    journalled = Journalled(database)
    journalled.add(shop, "old", NOW - timedelta(days=5 * 365))
    journalled.store()
    journalled.add(shop, "lost", NOW)
    with pytest.raises(Overloaded):
        journalled.store(queue_max=0)
    journalled.add(shop, "new", NOW)
    journalled.store()
    assert journalled.names(shop) == ["new", "old"]


def test_a_full_site_is_stored_before_the_second_ends_and_the_others_wait(
    database: Database, stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealtrace.runtime.request_journal.ENCODED_TOGETHER", 1)
    neighbour, journalled = stage.open_site(), Journalled(database)
    names = [f"{number:04}" for number in range(2 * STORED_FROM)]
    journalled.store_full(shop, names, beside=neighbour)
    assert journalled.names(shop) == names
    assert journalled.names(neighbour) == []
    journalled.store()
    assert journalled.names(neighbour) == ["beside"]


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_requests_of_other_sites_are_stored_while_one_is_locked(database: Database, stage: Stage, shop: Player) -> None:
    neighbour, journalled = stage.open_site(), Journalled(database)
    journal, names = journalled.journal, [f"{number:03}" for number in range(5)]

    async def story() -> None:
        async with journalled.locked(shop, names[0]) as (write_queue, holder):
            for count, name in enumerate(names, 1):
                for player in (shop, neighbour):
                    journalled.add(player, name, NOW)
                await journal.store(write_queue)
                await until(lambda count=count: journalled.names(neighbour) == names[:count])
                assert write_queue.waiting <= 1, "a locked site has one write at a time"
            assert journalled.names(shop) == []
            holder.rollback()
            await until(lambda: journalled.names(shop) == names[:1])
            while journalled.names(shop) != names:
                await journal.store(write_queue)
                await asyncio.sleep(0)  # the outcome of the first write has yet to come

    run(story)


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_the_last_write_stores_what_waits_behind_a_lock(database: Database, shop: Player) -> None:
    journalled = Journalled(database)

    async def story() -> None:
        async with journalled.locked(shop, "first") as (write_queue, holder):
            journalled.add(shop, "first", NOW)
            await journalled.journal.store(write_queue)
            journalled.add(shop, "last", NOW)
            storing = asyncio.create_task(journalled.journal.store(write_queue, is_last=True))
            await until(lambda: write_queue.postponed_seconds)
            assert not storing.done()
            holder.rollback()
            await storing
            assert journalled.names(shop) == ["first", "last"]

    run(story)


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_locked_site_leaves_memory_to_the_others(
    database: Database, stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealtrace.runtime.request_journal.WAITING_MAX", 8)
    monkeypatch.setattr("dealtrace.runtime.request_journal.LOCKED_WAITING_MAX", 4)
    neighbour, journalled = stage.open_site(), Journalled(database)
    names = [f"{number:03}" for number in range(10)]

    async def story() -> None:
        async with journalled.locked(shop, names[0]) as (write_queue, holder):
            journalled.add(shop, names[0], NOW)
            await journalled.journal.store(write_queue)
            for player in (shop, neighbour):
                for name in names[1:]:
                    journalled.add(player, name, NOW)
            holder.rollback()
            await journalled.journal.store(write_queue, is_last=True)

    run(story)
    assert journalled.names(shop) == names[:5]
    assert journalled.names(neighbour) == names[1:4]


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_site_loses_no_requests_while_another_site_is_locked(
    database: Database, stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealtrace.runtime.request_journal.LOCKED_WAITING_MAX", 2)
    neighbour, journalled = stage.open_site(), Journalled(database)

    async def story() -> None:
        async with journalled.locked(shop, "first") as (write_queue, holder):
            journalled.add(shop, "first", NOW)
            await journalled.journal.store(write_queue)
            for name in ("second", "third", "too many"):
                journalled.add(shop, name, NOW)
            journalled.add(neighbour, "first", NOW)
            storing = asyncio.create_task(journalled.journal.store(write_queue))
            await asyncio.sleep(0)  # its request is in the queue now
            journalled.add(neighbour, "second", NOW)
            await storing
            holder.rollback()
            await journalled.journal.store(write_queue, is_last=True)

    run(story)
    assert journalled.names(shop) == ["first", "second", "third"]
    assert journalled.names(neighbour) == ["first", "second"]


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_site_that_is_locked_for_long_does_not_seem_to_recover_in_between(
    database: Database, shop: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealtrace.runtime.collected_writes.WAITED_SECONDS", 0.01)
    journalled, numbers = Journalled(database), itertools.count()

    async def story() -> None:
        async with journalled.all_locked(patience_seconds=PATIENCE) as (write_queue, holder):

            async def is_stored() -> bool:
                await asyncio.sleep(0)
                journalled.add(shop, f"new {next(numbers)}", NOW)
                try:
                    await journalled.journal.store(write_queue)
                except DatabaseUnavailable:
                    return False
                return True

            while await is_stored():
                assert journalled.names(shop) == []
            ends_at = time.monotonic() + 3 * PATIENCE
            while time.monotonic() < ends_at:
                assert not await is_stored()
            holder.rollback()
            while not await is_stored():
                pass

    run(story)
    assert journalled.names(shop)


def test_many_requests_that_have_waited_are_stored_in_parts(
    database: Database, shop: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealtrace.runtime.request_journal.STORED_MAX", 2)
    monkeypatch.setattr("dealtrace.runtime.request_journal.ENCODED_TOGETHER", 1)
    journalled = Journalled(database)
    for name in ("first", "second", "third"):
        journalled.add(shop, name, NOW)
    journalled.store()
    assert journalled.names(shop) == ["first", "second"]
    journalled.store()
    assert journalled.names(shop) == ["first", "second", "third"]


def test_requests_without_a_site_are_kept_up_to_a_limit_a_day_and_the_others_are_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealtrace.runtime.request_journal.WITHOUT_SITE_PER_DAY_MAX", 2)
    monkeypatch.setattr("dealtrace.runtime.request_journal.OMITTED_STORED_SECONDS", 0.0)
    journalled, tomorrow = Journalled(database), NOW + timedelta(days=1)
    journalled.refuse_without_site(NOW, "a1", "a2", "a3", "a4")
    journalled.store()
    journalled.refuse_without_site(NOW, "a5")
    with pytest.raises(Overloaded):
        journalled.store(queue_max=0)
    journalled.store()
    assert journalled.without_site(NOW) == (["a1", "a2"], 3), "what could not be stored is stored later"
    journalled.refuse_without_site(tomorrow, "b1", "b2", "b3")
    journalled.store()
    assert journalled.without_site(tomorrow) == (["b1", "b2"], 1)


def test_a_request_that_cannot_be_encoded_is_dropped_and_the_others_are_stored(
    database: Database, shop: Player, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("dealtrace.runtime.request_journal.ENCODED_TOGETHER", 3)
    monkeypatch.setattr("dealtrace.runtime.request_journal.WAITING_MAX", 3)
    journalled = Journalled(database)
    for name in ("first", "lone surrogate \ud800", "third", "fourth"):
        journalled.add(shop, name, NOW)
    journalled.store()
    assert journalled.names(shop) == ["first", "fourth", "third"]
    assert "request_not_journalled" in "".join(capfd.readouterr())


def test_a_count_whose_commit_had_an_unknown_outcome_is_stored_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealtrace.runtime.request_journal.WITHOUT_SITE_PER_DAY_MAX", 0)
    monkeypatch.setattr("dealtrace.runtime.request_journal.OMITTED_STORED_SECONDS", 0.0)
    journalled, day_at = Journalled(database), NOW + timedelta(days=20)
    journalled.refuse_without_site(day_at, "d1", "d2")
    with pytest.raises(Overloaded):
        journalled.store(queue_max=0)
    with database.write() as connection:  # as if the commit had succeeded
        insert_omitted(connection, NO_SITE.id, OmittedRequests(2, day_at, "d2"))
    journalled.refuse_without_site(day_at, "d3")
    journalled.store()
    journalled.store()
    assert journalled.without_site(day_at) == ([], 3)


def test_the_number_of_requests_that_are_not_kept_is_stored_now_and_then_and_when_the_server_stops(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealtrace.runtime.request_journal.WITHOUT_SITE_PER_DAY_MAX", 0)
    journalled, day_at = Journalled(database), NOW + timedelta(days=10)
    for name, count in (("c1", 1), ("c2", 1), ("c3", 1)):
        journalled.refuse_without_site(day_at, name)
        journalled.store()
        assert journalled.without_site(day_at) == ([], count)

    async def story() -> None:
        async with open_write_queue(database) as write_queue:
            await journalled.journal.store(write_queue, is_last=True)

    run(story)
    assert journalled.without_site(day_at) == ([], 3)


def test_unknown_paths_are_journalled_a_few_times_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = itertools.count(6000.0, 60 / (2 * UNKNOWN_PATHS_PER_MINUTE_MAX))
    monkeypatch.setattr("dealtrace.runtime.request_journal.time.monotonic", lambda: next(now))
    journal = RequestJournal(is_kept=True)
    for _ in range(2):
        admitted = [journal.admits_unknown_path() for _ in range(2 * UNKNOWN_PATHS_PER_MINUTE_MAX)]
        assert admitted == sorted(admitted, reverse=True)
        assert sum(admitted) == UNKNOWN_PATHS_PER_MINUTE_MAX
    assert not RequestJournal(is_kept=False).admits_unknown_path()
