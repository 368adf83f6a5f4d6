"""Unknown parameters are counted in memory, within bounds, and handed to the write queue."""

import asyncio
from typing import Any, cast

import psycopg
import pytest

from cast import Player, Stage
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.runtime.unknown_parameters import (
    NAME_LENGTH_MAX,
    NAMES_AT_ONCE_MAX,
    OPEN_NAMES_AT_ONCE_MAX,
    UnknownParametersTally,
)
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.accounts.unknown_names import list_unknown_parameters
from dealtrace.storage.database.engine import Database
from waiting import PATIENCE_SECONDS, until
from write_commands import open_write_queue, run

KNOWN = ["orderNumber"]


class Written:
    """Takes what would be written."""

    def __init__(self) -> None:
        self.payloads: list[tuple[Any, Any]] = []

    def write(self, _operation: Any, site: Any, command: Any) -> "asyncio.Future[None]":
        """Take a command, and be done with it."""
        self.payloads.append((site, command.payload))
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


def stored(tally: UnknownParametersTally) -> list[tuple[Any, Any]]:
    written = Written()
    asyncio.run(tally.store(cast("WriteQueue", written)))
    return written.payloads


def test_it_stores_each_count_once(stage: Stage, shop: Player) -> None:
    stranger = stage.open_site()
    tally = UnknownParametersTally()
    tally.count(shop.site, "/register", ["a", "b"], KNOWN)
    tally.count(shop.site, "/register", ["a"], KNOWN)
    tally.count(stranger.site, "/update", ["a"], [])
    by_site = {site.id: payload for site, payload in stored(tally)}
    assert by_site[shop.site.id].seen == {("/register", "a"): 2, ("/register", "b"): 1}
    assert by_site[shop.site.id].known == {"/register": KNOWN}
    assert by_site[stranger.site.id].seen == {("/update", "a"): 1}
    assert stored(tally) == []


def test_names_too_long_or_that_no_database_holds_are_counted_together(shop: Player) -> None:
    tally = UnknownParametersTally()
    tally.count(shop.site, "/register", ["x" * (NAME_LENGTH_MAX + 1), "a\0b", "x" * NAME_LENGTH_MAX], KNOWN)
    ((_, payload),) = stored(tally)
    assert payload.seen == {("", ""): 2, ("/register", "x" * NAME_LENGTH_MAX): 1}


def test_a_contact_in_the_place_of_a_name_is_masked(shop: Player) -> None:
    tally = UnknownParametersTally()
    tally.count(shop.site, "/register", ["+79205550055", "ivan@example.ru"], KNOWN)
    ((_, payload),) = stored(tally)
    assert payload.seen == {("/register", "7920•••"): 1, ("/register", "i•••@example.ru"): 1}


def test_it_remembers_a_bounded_number_of_names(shop: Player) -> None:
    tally = UnknownParametersTally()
    for number in range(NAMES_AT_ONCE_MAX * 2):
        tally.count(shop.site, "/register", [str(number)], KNOWN)
    ((_, payload),) = stored(tally)
    assert len(payload.seen) == NAMES_AT_ONCE_MAX + 1
    assert payload.seen["", ""] == NAMES_AT_ONCE_MAX


def test_names_without_room_are_not_searched_for_contacts(shop: Player) -> None:
    tally = UnknownParametersTally()
    names = ["7920•••", *map(str, range(NAMES_AT_ONCE_MAX - 1))]
    tally.count(shop.site, "/register", names, KNOWN)
    tally.count(shop.site, "/register", ["+79205550055", "0"], KNOWN)
    ((_, payload),) = stored(tally)
    assert payload.seen["/register", "7920•••"] == 1
    assert payload.seen["/register", "0"] == 2
    assert payload.seen["", ""] == 1


def test_names_of_requests_without_a_token_leave_room_for_the_others(shop: Player) -> None:
    tally = UnknownParametersTally()
    for number in range(NAMES_AT_ONCE_MAX * 2):
        tally.count(shop.site, "/form", [str(number)], KNOWN, is_open=True)
    tally.count(shop.site, "/register", ["orderNumbr"], KNOWN)
    ((_, payload),) = stored(tally)
    assert payload.seen["/register", "orderNumbr"] == 1
    assert payload.seen["", ""] == NAMES_AT_ONCE_MAX * 2 - OPEN_NAMES_AT_ONCE_MAX
    assert payload.open_paths == {"/form"}


def test_names_of_one_site_leave_room_for_those_of_others(stage: Stage, shop: Player) -> None:
    others = [stage.open_site() for _ in range(3)]
    tally = UnknownParametersTally()
    for player in (shop, *others):
        tally.count(player.site, "/register", [str(number) for number in range(NAMES_AT_ONCE_MAX * 5)], KNOWN)
    for _, payload in stored(tally):
        assert len(payload.seen) == NAMES_AT_ONCE_MAX + 1


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_names_of_a_locked_site_leave_room_for_those_of_others(database: Database, stage: Stage) -> None:
    held, *others = (stage.open_site() for _ in range(4))
    tally = UnknownParametersTally()

    def names(player: Player) -> set[str]:
        with database.read() as connection:
            return {each.name for each in list_unknown_parameters(connection, player.site.id)}

    async def story() -> None:
        with database.write() as connection:
            lock_registrations(stage.work(connection, held))
        with await asyncio.to_thread(psycopg.connect, database.url.render_as_string(hide_password=False)) as holder:
            holder.execute(f"SELECT 1 FROM points_day WHERE site_id = {held.site.id} FOR UPDATE")
            async with open_write_queue(database, patience_seconds=PATIENCE_SECONDS) as queue:
                tally.count(held.site, "/register", ["first"], KNOWN)
                await tally.store(queue)
                for number in range(NAMES_AT_ONCE_MAX * 5):
                    tally.count(held.site, "/register", [f"held{number}"], KNOWN)
                for other in others:
                    tally.count(other.site, "/register", ["orderNumbr"], KNOWN)
                await tally.store(queue)
                for other in others:
                    await until(lambda other=other: names(other) == {"orderNumbr"})
                assert names(held) == set()
                holder.rollback()
                await tally.store(queue, is_last=True)

    run(story)
    assert len(names(held) - {""}) == NAMES_AT_ONCE_MAX + 1
