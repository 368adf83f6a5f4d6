"""Deleting the costs of an account: exactly those that a person has seen, and nothing of others."""

from datetime import date, timedelta

import pytest

from cast import Player, Stage
from dealtrace.attribution.cost import API_ACCOUNT, Cost, CostAccount
from dealtrace.attribution.cost_spread import CostSpread
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.reports.import_costs import delete_costs, import_costs
from dealtrace.operations.reports.spread_costs import add_costs
from dealtrace.storage.reports.costs import CostTotals, DaysOfCosts, list_accounts, sum_costs
from stored import rows_of

DAY = date(2024, 3, 1)
MAIN, OTHER = CostAccount("yandex", "main"), CostAccount("yandex", "other")
SPRING, SUMMER = TrafficSource("yandex", "cpc", "Весна"), TrafficSource("yandex", "cpc", "Лето")
ALL = DaysOfCosts()


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def store(stage: Stage, player: Player, account: CostAccount) -> None:
    """Import two costs on each of three days."""
    stage.ids.ensure(10)
    costs = [Cost(DAY + timedelta(days=day), source, 5) for day in range(3) for source in (SPRING, SUMMER)]
    with stage.database.write() as connection:
        import_costs(stage.work(connection, player), account, {cost.day_on for cost in costs}, costs)


def counted(stage: Stage, player: Player) -> int:
    """Return how many costs the site has."""
    return len(rows_of(stage.database, player).get("cost", []))


def totals(stage: Stage, player: Player, account: CostAccount, days: DaysOfCosts = ALL) -> CostTotals:
    with stage.database.read() as connection:
        found: CostTotals = sum_costs(connection, player.site.id, account, days)
    return found


def remove(stage: Stage, player: Player, account: CostAccount, days: DaysOfCosts, expected: CostTotals) -> CostTotals:
    with stage.database.write() as connection:
        return delete_costs(stage.work(connection, player), account, days, expected)


@pytest.mark.parametrize(
    ("days", "left"),
    [
        (ALL, 0),
        (DaysOfCosts(since=DAY + timedelta(days=1)), 2),
        (DaysOfCosts(until=DAY), 4),
        (DaysOfCosts(DAY + timedelta(days=1), DAY + timedelta(days=1)), 4),
        (DaysOfCosts(since=DAY + timedelta(days=9)), 6),
    ],
)
def test_the_costs_of_the_days_go_and_nothing_else(stage: Stage, shop: Player, days: DaysOfCosts, left: int) -> None:
    neighbour = stage.open_site()
    for player, account in ((shop, MAIN), (shop, OTHER), (neighbour, MAIN)):
        store(stage, player, account)
    expected = totals(stage, shop, MAIN, days)
    assert expected.costs == 6 - left
    assert remove(stage, shop, MAIN, days, expected) == expected
    assert counted(stage, shop) == 6 + left
    assert counted(stage, neighbour) == 6
    assert totals(stage, shop, MAIN).costs == left


def test_nothing_goes_if_more_came_meanwhile(stage: Stage, shop: Player) -> None:
    expected = totals(stage, shop, MAIN)
    assert expected == CostTotals(0, 0, None, None, 0)
    store(stage, shop, MAIN)
    found = remove(stage, shop, MAIN, ALL, expected)
    assert found == CostTotals(6, 3, DAY, DAY + timedelta(days=2), 30)
    assert counted(stage, shop) == 6


def test_costs_sent_by_the_api_are_an_account_of_their_own(stage: Stage, shop: Player) -> None:
    store(stage, shop, MAIN)
    stage.perform(add_costs, shop, CostSpread(SPRING, 900, DAY, DAY + timedelta(days=2)))
    with stage.database.read() as connection:
        accounts = list_accounts(connection, shop.site.id)
    assert accounts == [API_ACCOUNT, MAIN]
    remove(stage, shop, API_ACCOUNT, ALL, totals(stage, shop, API_ACCOUNT))
    assert (counted(stage, shop), totals(stage, shop, MAIN).costs) == (6, 6)
