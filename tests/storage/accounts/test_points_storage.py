"""The points of a day: one conditional statement that no number of servers can overspend."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from cast import Player, Stage
from dealtrace.deals.registration import Receipt
from dealtrace.errors import PointsSpent
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.accounts.points import NO_LIMIT, find_points_spent, spend_points
from dealtrace.storage.database.engine import Database, open_database
from write_commands import open_write_queue, registration, run

DAY = date(2018, 3, 26)
LIMIT = 40
CALLERS = 4


def spend(database: Database, points: int, *, limit: int, site_id: int = 1, day_on: date = DAY) -> bool:
    with database.write() as connection:
        return spend_points(connection, site_id, day_on, points, points_per_day=limit)


def spent(database: Database, *, site_id: int = 1, day_on: date = DAY) -> int:
    with database.read() as connection:
        return find_points_spent(connection, site_id, day_on)


def reopened(database: Database) -> Database:
    return open_database(database.url.render_as_string(hide_password=False))


@pytest.mark.parametrize(
    ("limit", "asked", "granted", "total"),
    [
        (10, [10], [True], 10),
        (10, [11], [False], 0),
        (10, [9, 1], [True, True], 10),
        (10, [9, 2], [True, False], 9),
        (10, [9, 2, 1], [True, False, True], 10),
        (10, [10, 1], [True, False], 10),
        (1, [1, 1], [True, False], 1),
        (0, [10**9, 10**9], [True, True], 2 * 10**9),
        (2**53, [2**53, 1], [True, False], 2**53),
    ],
)
def test_it_spends_up_to_the_allowance_and_no_further(
    database: Database, limit: int, asked: list[int], granted: list[bool], total: int
) -> None:
    assert [spend(database, points, limit=limit) for points in asked] == granted
    assert spent(database) == total


def test_it_starts_from_nothing(database: Database) -> None:
    assert spent(database) == 0


def test_it_counts_each_site_and_each_day_by_itself(database: Database) -> None:
    spend(database, 3, limit=3)
    assert spend(database, 3, limit=3, site_id=2)
    assert spend(database, 3, limit=3, day_on=date(2018, 3, 27))
    assert not spend(database, 1, limit=3)
    assert [spent(database), spent(database, site_id=2), spent(database, site_id=3)] == [3, 3, 0]


def test_it_follows_a_limit_that_is_changed_during_the_day(database: Database) -> None:
    assert spend(database, 5, limit=5)
    assert spend(database, 1, limit=6)
    assert not spend(database, 1, limit=3)
    assert spend(database, 1, limit=0)
    assert spent(database) == 7


def test_it_keeps_no_limit_far_from_any_that_can_be_set(database: Database) -> None:
    assert NO_LIMIT > 2**53
    assert spend(database, 2**53, limit=0)
    assert spend(database, 2**53, limit=0)


def test_it_takes_back_what_an_undone_transaction_spent(database: Database) -> None:
    with database.writer.connect() as connection, connection.begin() as transaction:
        assert spend_points(connection, 1, DAY, 5, points_per_day=5)
        transaction.rollback()
    assert spent(database) == 0


def test_it_is_exact_whatever_number_of_servers_spends_at_once(database: Database) -> None:
    servers = [reopened(database) for _ in range(CALLERS)]
    start = threading.Barrier(CALLERS)

    def spend_often(server: Database) -> int:
        start.wait(timeout=30)
        return sum(spend(server, 1, limit=LIMIT) for _ in range(LIMIT // 2))

    with ThreadPoolExecutor(CALLERS) as threads:
        granted = sum(threads.map(spend_often, servers))
    for server in servers:
        server.close()
    assert granted == LIMIT
    assert spent(database) == LIMIT


@pytest.mark.parametrize("limit", [0, LIMIT])
def test_it_pays_exactly_for_what_two_servers_store(stage: Stage, limit: int) -> None:
    shop = stage.open_site(points_per_day=limit)
    other = reopened(stage.database)

    async def story() -> list[Any]:
        async with open_write_queue(stage.database) as first, open_write_queue(other) as second:
            sent = [
                write_queue.write(register_deals, shop.site, WriteCommand(registration(f"{name}{count}")))
                for count in range(LIMIT)
                for name, write_queue in (("a", first), ("b", second))
            ]
            return await asyncio.gather(*sent, return_exceptions=True)

    outcomes = run(story)
    other.close()
    stored = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, PointsSpent)]
    assert len(stored) == (limit or 2 * LIMIT)
    assert len(stored) + len(refused) == 2 * LIMIT
    with stage.database.read() as connection:
        count = "SELECT (SELECT count(*) FROM deal), (SELECT sum(spent) FROM points_day)"
        assert connection.exec_driver_sql(count).one() == (len(stored), len(stored))


def test_it_spends_nothing_for_a_batch_that_is_undone(stage: Stage, shop: Player) -> None:
    class Broken(Exception):  # noqa: N818 - it is thrown by hand
        pass

    def break_off(work: Any, commands: Any) -> None:
        register_deals(work, commands)
        raise Broken

    with pytest.raises(Broken):
        stage.perform(break_off, shop, registration("N"))
    with stage.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM points_day").scalar_one() == 0


def test_it_spends_on_one_row_a_day(database: Database) -> None:
    for _ in range(3):
        spend(database, 1, limit=0)
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM points_day").scalar_one() == 1
