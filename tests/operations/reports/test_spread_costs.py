"""Costs by API: what is added comes on top, what is restated replaces."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from cast import Player, Stage
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.cost_spread import CostSpread
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.errors import PointsSpent
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.operations.reports.spread_costs import add_costs, restate_costs
from dealtrace.operations.write_command import WriteCommand
from stored import points_of, rows_of, side_by_side

DAY = date(2024, 3, 1)
SPRING = TrafficSource("yandex", "cpc", "Весна")
SUMMER = TrafficSource("yandex", "cpc", "Лето")


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def spread(kopecks: int, *, days: int = 1, after: int = 0, source: TrafficSource = SPRING) -> CostSpread:
    since = DAY + timedelta(days=after)
    return CostSpread(source, kopecks, since, since + timedelta(days=days - 1))


def amounts(stage: Stage, shop: Player) -> dict[int, int]:
    """Return the kopecks of each day, counted from the first."""
    sums: dict[int, int] = {}
    for row in rows_of(stage.database, shop).get("cost", []):
        day = (row[1] - DAY).days
        sums[day] = sums.get(day, 0) + row[6]
    return sums


def import_file(stage: Stage, shop: Player, *costs: Cost) -> None:
    with stage.database.write() as connection:
        days = {cost.day_on for cost in costs}
        import_costs(stage.work(connection, shop), CostAccount("yandex", "main"), days, costs)


def test_it_spreads_an_amount_over_days_with_the_rest_on_the_last(stage: Stage, shop: Player) -> None:
    assert stage.perform(add_costs, shop, spread(100, days=3)) == [spread(100, days=3)]
    assert amounts(stage, shop) == {0: 33, 1: 33, 2: 34}


def test_what_is_added_comes_on_top(stage: Stage, shop: Player) -> None:
    stage.perform(add_costs, shop, spread(100, days=2))
    stage.perform(add_costs, shop, spread(10, after=1), spread(5, days=2), spread(7, source=SUMMER))
    assert amounts(stage, shop) == {0: 50 + 2 + 7, 1: 50 + 10 + 3}


def test_a_restated_cost_replaces_what_came_by_api_and_by_file(stage: Stage, shop: Player) -> None:
    stage.perform(add_costs, shop, spread(100, days=2), spread(9, source=SUMMER))
    import_file(stage, shop, Cost(DAY, SPRING, 1000, 5), Cost(DAY + timedelta(days=2), SPRING, 1000))
    stage.perform(restate_costs, shop, spread(7))
    assert amounts(stage, shop) == {0: 7 + 9, 1: 50, 2: 1000}
    stage.perform(restate_costs, shop, spread(0, days=3))
    assert amounts(stage, shop) == {0: 9}


def test_other_sources_stay_even_if_one_part_differs(stage: Stage, shop: Player) -> None:
    stage.perform(add_costs, shop, spread(5), spread(6, source=TrafficSource("yandex", "cpc", "весна")))
    stage.perform(restate_costs, shop, spread(1, source=TrafficSource("yandex", "cpc")))
    assert amounts(stage, shop) == {0: 12}


def test_of_two_restatements_in_a_batch_the_later_counts(stage: Stage, shop: Player) -> None:
    stage.perform(restate_costs, shop, spread(30, days=3), spread(4, after=1))
    assert amounts(stage, shop) == {0: 10, 1: 4, 2: 10}


def test_nothing_of_an_unpaid_call_is_stored(stage: Stage) -> None:
    shop = stage.open_site(points_per_day=3)
    done = stage.perform(add_costs, shop, spread(1), spread(2), spread(4), spread(8, source=SUMMER))
    assert [isinstance(outcome, PointsSpent) for outcome in done] == [False, False, False, True]
    assert isinstance(stage.perform(restate_costs, shop, spread(9))[0], PointsSpent)
    assert (amounts(stage, shop), points_of(stage.database, shop)) == ({0: 7}, 3)
    assert len(rows_of(stage.database, shop)["traffic_source"]) == 1


def test_each_call_costs_points_by_its_method(stage: Stage) -> None:
    shop = stage.open_site(point_costs={"costs-import-add": 2, "costs-import-update": 5})
    stage.perform(add_costs, shop, spread(1))
    stage.perform(restate_costs, shop, spread(1))
    assert points_of(stage.database, shop) == 7


def test_neighbours_see_nothing(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    stage.perform(add_costs, shop, spread(5))
    stage.perform(restate_costs, neighbour, spread(1))
    assert (amounts(stage, shop), amounts(stage, neighbour)) == ({0: 5}, {0: 1})


CALLS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 10**6), st.integers(1, 5), st.integers(0, 3)), min_size=1, max_size=6
)


@given(CALLS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_days_hold_what_the_calls_say(stage: Stage, calls: list[tuple[bool, int, int, int]]) -> None:
    shop = stage.open_site()
    expected: dict[int, int] = {}
    for is_added, kopecks, days, after in calls:
        stage.perform(add_costs if is_added else restate_costs, shop, spread(kopecks, days=days, after=after))
        for day in range(after, after + days):
            amount = kopecks // days + (kopecks % days if day == after + days - 1 else 0)
            expected[day] = amount + (expected.get(day, 0) if is_added else 0)
    assert amounts(stage, shop) == {day: amount for day, amount in expected.items() if amount}


def test_a_batch_is_the_same_as_its_calls_alone(stage: Stage, shop: Player) -> None:
    calls: list[Any] = [spread(10, days=3), spread(7, days=2, after=1), spread(1, source=SUMMER)]
    other = stage.open_site()
    stage.perform(add_costs, shop, *calls)
    for call in calls:
        stage.perform(add_costs, other, call)
    assert amounts(stage, shop) == amounts(stage, other)


def test_no_addition_is_lost_when_two_processes_add_at_once(stage: Stage, shop: Player) -> None:
    stage.perform(add_costs, shop, spread(1))
    stage.ids.ensure(10)

    def add(connection: Connection) -> None:
        add_costs(stage.work(connection, shop), [WriteCommand(spread(10), shop.token_id)])

    side_by_side(stage.database, add, add)
    assert amounts(stage, shop) == {0: 21}
