"""Requests are stored once, and old ones are deleted every hour, also if a write fails in between."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from cast import Player, Stage
from dealtrace.accounts.api_request import ApiRequest
from dealtrace.errors import Overloaded
from dealtrace.runtime.request_journal import DELETED_EVERY, STORED_FROM, RequestJournal
from dealtrace.storage.accounts.api_requests import RequestQuery, list_requests
from dealtrace.storage.database.engine import Database
from write_commands import open_write_queue, run

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEPT_DAYS = 3


class Journalled:
    """A journal on a real database; `queue_max=0` is a queue without room."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._journal = RequestJournal(KEPT_DAYS)

    def add(self, player: Player, name: str, at: datetime) -> None:
        request = ApiRequest(
            player.site.id, at, name, None, "GET", "/x", {}, 200, None, None, None, timedelta(milliseconds=1)
        )
        self._journal.add(request)

    def store(self, now: datetime, **settings: int) -> None:
        async def story() -> None:
            async with open_write_queue(self._database, **settings) as write_queue:
                await self._journal.store(write_queue, now)

        run(story)

    def store_full(self, player: Player, names: list[str], beside: Player) -> None:
        """Add the requests of a site in two parts, and store each as soon as the journal says that a site is full.

        Before the first part, a request named “beside” of another site is added.
        """

        async def story() -> None:
            async with open_write_queue(self._database) as write_queue:
                self.add(beside, "beside", NOW)
                for part in names[: len(names) // 2], names[len(names) // 2 :]:
                    waiting = asyncio.create_task(self._journal.wait_for_full_site())
                    for name in part[:-1]:
                        self.add(player, name, NOW)
                    for _ in range(5):
                        await asyncio.sleep(0)
                    assert not waiting.done()
                    self.add(player, part[-1], NOW)
                    await waiting
                    await self._journal.store(write_queue, NOW, only_full=True)

        run(story)

    def names(self, player: Player) -> list[str]:
        with self._database.read() as connection:
            return sorted(each.request_id for each in list_requests(connection, player.site.id, RequestQuery(), 1000))


def test_old_requests_are_deleted_by_the_first_write_that_succeeds(
    database: Database, stage: Stage, shop: Player
) -> None:
    neighbour, journalled = stage.open_site(), Journalled(database)
    journalled.add(shop, "old", NOW - timedelta(days=KEPT_DAYS, seconds=1))
    journalled.add(neighbour, "neighbour's", NOW - timedelta(days=KEPT_DAYS, seconds=1))
    journalled.store(NOW - timedelta(days=1))
    assert journalled.names(shop) == ["old"]
    journalled.add(shop, "lost", NOW)
    with pytest.raises(Overloaded):
        journalled.store(NOW, queue_max=0)
    journalled.add(shop, "new", NOW)
    journalled.store(NOW + timedelta(seconds=1))
    assert journalled.names(shop) == ["new"]
    assert journalled.names(neighbour) == ["neighbour's"]


def test_requests_are_deleted_once_an_hour(database: Database, shop: Player) -> None:
    journalled = Journalled(database)
    journalled.add(shop, "first", NOW)
    journalled.store(NOW)
    journalled.add(shop, "old", NOW - timedelta(days=KEPT_DAYS, seconds=1))
    journalled.store(NOW + DELETED_EVERY / 2)
    assert journalled.names(shop) == ["first", "old"]
    journalled.add(shop, "last", NOW)
    journalled.store(NOW + DELETED_EVERY)
    assert journalled.names(shop) == ["first", "last"]


def test_a_full_site_is_stored_before_the_second_ends_and_the_others_wait(
    database: Database, stage: Stage, shop: Player
) -> None:
    neighbour, journalled = stage.open_site(), Journalled(database)
    names = [f"{number:03}" for number in range(2 * STORED_FROM)]
    journalled.store_full(shop, names, beside=neighbour)
    assert journalled.names(shop) == names
    assert journalled.names(neighbour) == []
    journalled.store(NOW)
    assert journalled.names(neighbour) == ["beside"]
