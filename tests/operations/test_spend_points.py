"""Paying for calls: as many as the day still holds, on the site's own day."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cast import MOSCOW, VLADIVOSTOK, Player, Stage, moscow
from dealtrace.errors import PointsSpent
from dealtrace.operations.spend_points import pay_for_calls, pay_for_reading, points_refusal
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.accounts.points import find_points_spent
from stored import points_of, rows_of

EVENING = moscow("2018-03-26", "23:59:59")
MIDNIGHT = moscow("2018-03-27", "00:00:00")
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def pay(stage: Stage, player: Player, calls: int, *, now: datetime = EVENING) -> int:
    with stage.database.write() as connection:
        return pay_for_calls(stage.work(connection, player, now), PaidMethod.REGISTER, calls)


@pytest.mark.parametrize(
    ("settings", "calls", "paid", "spent"),
    [
        ({}, [5, 7], [5, 7], 12),
        ({}, [0], [0], 0),
        ({"points_per_day": 10}, [10, 1], [10, 0], 10),
        ({"points_per_day": 10}, [4, 9], [4, 6], 10),
        ({"points_per_day": 10}, [11], [10], 10),
        ({"points_per_day": 10, "point_costs": {"register": 3}}, [4], [3], 9),
        ({"points_per_day": 2, "point_costs": {"register": 3}}, [1], [0], 0),
        ({"points_per_day": 1, "point_costs": {"register": 0}}, [99], [99], 0),
        ({"points_per_day": 10, "point_costs": {"update-by-id": 3}}, [11], [10], 10),
    ],
    ids=str,
)
def test_it_pays_for_as_many_calls_as_the_day_still_holds(
    stage: Stage, settings: dict[str, Any], calls: list[int], paid: list[int], spent: int
) -> None:
    shop = stage.open_site(**settings)
    assert [pay(stage, shop, count) for count in calls] == paid
    assert points_of(stage.database, shop) == spent


def test_it_begins_anew_at_midnight_of_the_site(stage: Stage) -> None:
    shop = stage.open_site(points_per_day=1, time_zone=MOSCOW)
    assert [pay(stage, shop, 1), pay(stage, shop, 1)] == [1, 0]
    assert [pay(stage, shop, 1, now=MIDNIGHT), pay(stage, shop, 1, now=MIDNIGHT)] == [1, 0]
    with stage.database.read() as connection:
        days = [EVENING.astimezone(MOSCOW).date(), MIDNIGHT.astimezone(MOSCOW).date()]
        assert [find_points_spent(connection, shop.site.id, day) for day in days] == [1, 1]


def test_it_keeps_to_the_zone_of_each_site(stage: Stage) -> None:
    eastern = stage.open_site(points_per_day=1, time_zone=VLADIVOSTOK)
    assert pay(stage, eastern, 1, now=EVENING) == 1
    assert pay(stage, eastern, 1, now=MIDNIGHT) == 0, "it is the same morning there"
    noon_utc = datetime(2018, 3, 27, 14, tzinfo=UTC)
    assert pay(stage, eastern, 1, now=noon_utc - SECOND) == 0
    assert pay(stage, eastern, 1, now=noon_utc) == 1


@pytest.mark.parametrize(
    ("now", "seconds"),
    [(EVENING, 1), (MIDNIGHT, 24 * 3600), (MIDNIGHT - timedelta(microseconds=1), 1), (MIDNIGHT - 90 * SECOND, 90)],
)
def test_it_says_when_the_points_come_back(stage: Stage, shop: Player, now: datetime, seconds: int) -> None:
    with stage.database.read() as connection:
        refusal = points_refusal(stage.work(connection, shop, now))
    assert refusal.facts == {"retry_after_seconds": seconds}


def test_it_pays_for_reading_one_by_one(stage: Stage) -> None:
    shop = stage.open_site(points_per_day=5, point_costs={"orders-diary": 2})
    outcomes = stage.perform(pay_for_reading, shop, *[PaidMethod.ORDERS_DIARY] * 3, PaidMethod.REGISTER, now=EVENING)
    assert [type(outcome) for outcome in outcomes] == [type(None), type(None), PointsSpent, type(None)]
    assert outcomes[2].facts == {"retry_after_seconds": 1}
    assert points_of(stage.database, shop) == 5


def test_it_never_touches_a_neighbours_points(stage: Stage) -> None:
    shop, neighbour = stage.open_site(points_per_day=1), stage.open_site(points_per_day=1)
    pay(stage, shop, 1)
    assert rows_of(stage.database, neighbour) == {}
    assert pay(stage, neighbour, 1) == 1
