"""Costs as they are stored: by day, source, account and origin."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest

from cast import Player, Stage
from dealtrace.attribution.cost import Cost, CostAccount
from dealtrace.attribution.cost_spread import CostSpread
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.unmet_costs import SourceCost, UnmetCosts
from dealtrace.operations.reports.import_costs import import_costs
from dealtrace.operations.reports.spread_costs import add_costs
from dealtrace.storage.reports.costs import find_unmet_costs, list_visited_sources
from write_commands import NOON

DAY = date(2024, 3, 1)
MAIN = CostAccount("yandex", "main")
SPRING = TrafficSource("yandex", "cpc", "Весна", "17")
SUMMER = TrafficSource("yandex", "cpc", "лето")


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def store(stage: Stage, shop: Player, *costs: Cost, account: CostAccount = MAIN) -> None:
    with stage.database.write() as connection:
        import_costs(stage.work(connection, shop), account, {cost.day_on for cost in costs}, costs)


def unmet(stage: Stage, shop: Player, days: Sequence[date] = (DAY,)) -> UnmetCosts:
    with stage.database.read() as connection:
        return find_unmet_costs(connection, shop.site.id, MAIN, days, list_visited_sources(connection, shop.site.id))


def test_it_lists_each_source_of_a_visit_once(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    stage.visit(neighbour, NOON, SUMMER)
    store(stage, shop, Cost(DAY, SUMMER, 1))
    for visitor in ("a", "b"):
        stage.visit(shop, NOON, SPRING, visitor=visitor)
    with stage.database.read() as connection:
        assert list_visited_sources(connection, shop.site.id) == [SPRING]


def test_it_finds_the_costs_that_meet_no_visit_of_the_site(stage: Stage, shop: Player) -> None:
    stage.visit(stage.open_site(), NOON, SUMMER)
    stage.visit(shop, datetime.combine(DAY, NOON.timetz()), TrafficSource("Yandex", "CPC", "весна", "18"))
    store(stage, shop, Cost(DAY, SPRING, 700), Cost(DAY, SUMMER, 300), Cost(DAY + timedelta(days=1), SUMMER, 5))
    assert unmet(stage, shop) == UnmetCosts(
        [SourceCost(SPRING, 700), SourceCost(SUMMER, 300)], [SourceCost(SUMMER, 300)]
    )
    assert unmet(stage, shop, [DAY, DAY + timedelta(days=1)]).campaigns == [SourceCost(SUMMER, 305)]


def test_it_leaves_other_accounts_origins_and_neighbours_out(stage: Stage, shop: Player) -> None:
    store(stage, shop, Cost(DAY, SUMMER, 1), account=CostAccount("yandex", "other"))
    store(stage, shop, Cost(DAY, SUMMER, 1), account=CostAccount("vk", "main"))
    store(stage, stage.open_site(), Cost(DAY, SUMMER, 1))
    stage.perform(add_costs, shop, CostSpread(SUMMER, 100, DAY, DAY))
    assert unmet(stage, shop) == UnmetCosts([], [])
