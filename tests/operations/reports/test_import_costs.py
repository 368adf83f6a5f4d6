"""Importing an account's costs: the days of a file are replaced, all else stays."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from cast import Player, Stage
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.cost_spread import CostSpread
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.reports.import_costs import ImportedCosts, import_costs
from dealtrace.operations.reports.spread_costs import add_costs
from stored import rows_of, side_by_side

DAY = date(2024, 3, 1)
NEXT = DAY + timedelta(days=1)
MAIN, OTHER = CostAccount("yandex", "main"), CostAccount("yandex", "other")
SPRING = TrafficSource("yandex", "cpc", "Весна")
SUMMER = TrafficSource("yandex", "cpc", "Лето")


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def store(
    stage: Stage, shop: Player, *costs: Cost, account: CostAccount = MAIN, days: Collection[date] = ()
) -> ImportedCosts:
    stage.ids.ensure(len(costs))
    with stage.database.write() as connection:
        return import_costs(stage.work(connection, shop), account, {*days, *(cost.day_on for cost in costs)}, costs)


def stored(stage: Stage, shop: Player) -> list[tuple[Any, ...]]:
    """List the stored costs without site and source: day, system, account, origin, kopecks, clicks, impressions."""
    return sorted((row[1], *row[3:]) for row in rows_of(stage.database, shop).get("cost", []))


def test_it_stores_every_part_of_a_cost(stage: Stage, shop: Player) -> None:
    assert store(stage, shop, Cost(DAY, SPRING, 123_45, 7, 1000), Cost(DAY, SUMMER, 1)) == ImportedCosts(2, 0)
    assert stored(stage, shop) == [
        (DAY, "yandex", "main", "file", 1, None, None),
        (DAY, "yandex", "main", "file", 123_45, 7, 1000),
    ]


def test_the_same_file_again_changes_nothing(stage: Stage, shop: Player) -> None:
    costs = [Cost(DAY, SPRING, 5), Cost(NEXT, SUMMER, 6)]
    store(stage, shop, *costs)
    before = rows_of(stage.database, shop)
    assert store(stage, shop, *costs) == ImportedCosts(2, 2)
    assert rows_of(stage.database, shop) == before


def test_a_corrected_file_replaces_the_days_it_has_and_no_others(stage: Stage, shop: Player) -> None:
    store(stage, shop, Cost(DAY, SPRING, 5), Cost(DAY, SUMMER, 6), Cost(NEXT, SPRING, 7))
    assert store(stage, shop, Cost(DAY, SPRING, 50)) == ImportedCosts(1, 2)
    assert [row[4] for row in stored(stage, shop)] == [50, 7]


def test_a_day_without_costs_in_the_file_is_emptied(stage: Stage, shop: Player) -> None:
    store(stage, shop, Cost(DAY, SPRING, 5))
    assert store(stage, shop, days=[DAY]) == ImportedCosts(0, 1)
    assert stored(stage, shop) == []


def test_other_accounts_systems_origins_and_sites_stay(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    store(stage, neighbour, Cost(DAY, SPRING, 1))
    store(stage, shop, Cost(DAY, SPRING, 2), account=OTHER)
    store(stage, shop, Cost(DAY, SPRING, 3), account=CostAccount("vk", "main"))
    stage.perform(add_costs, shop, CostSpread(SPRING, 4, DAY, DAY))
    store(stage, shop, Cost(DAY, SPRING, 5))
    store(stage, shop, Cost(DAY, SPRING, 6))
    assert sorted(row[4] for row in stored(stage, shop)) == [2, 3, 4, 6]
    assert [row[4] for row in stored(stage, neighbour)] == [1]


def test_two_imports_of_a_day_at_once_leave_the_later_one(stage: Stage, shop: Player) -> None:
    stage.ids.ensure(10)

    def run(source: TrafficSource) -> Any:
        def import_day(connection: Connection) -> None:
            import_costs(stage.work(connection, shop), MAIN, [DAY], [Cost(DAY, source, 1)])

        return import_day

    side_by_side(stage.database, run(SPRING), run(SUMMER))
    assert len(stored(stage, shop)) == 1
    side_by_side(stage.database, run(SPRING), run(SUMMER))
    assert len(stored(stage, shop)) == 1
