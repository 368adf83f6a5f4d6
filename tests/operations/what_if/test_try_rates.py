"""Trying rates: what is forecast is what happens, on both engines, and nothing is stored."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from cast import Player, Stage, moscow
from dealtrace.deals.currency import CurrencyRate
from dealtrace.deals.matchers import WITHOUT_SOURCE
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.set_currency_rates import remove_rates, set_rates
from dealtrace.operations.what_if.try_currency_rates import RatesEffect, TriedRates, try_rates
from dealtrace.operations.work import Work
from dealtrace.storage.reports.currency_rates import list_rates, sum_by_status
from stored import rows_of
from write_commands import registration

KNOWN = (CurrencyRate("usd", date(2018, 3, 1), Decimal("57.5")), CurrencyRate("usd", date(2018, 4, 1), Decimal(60)))
DOLLAR, EURO = (
    CurrencyRate("usd", date(2018, 3, 10), Decimal("58.123456")),
    CurrencyRate("eur", date(2018, 3, 1), Decimal(70)),
)
CASES: dict[str, tuple[TriedRates, Callable[[Work], object]]] = {
    "a rate between two": (TriedRates((DOLLAR,)), lambda work: set_rates(work, [DOLLAR])),
    "rates of two currencies": (TriedRates((DOLLAR, EURO)), lambda work: set_rates(work, [DOLLAR, EURO])),
    "a rate removed": (
        TriedRates((), "usd", date(2018, 4, 1)),
        lambda work: remove_rates(work, "usd", date(2018, 4, 1)),
    ),
    "all rates removed": (TriedRates((), "usd"), lambda work: remove_rates(work, "usd")),
    "the same rate": (TriedRates(KNOWN), lambda work: set_rates(work, KNOWN)),
    "no such rate": (TriedRates((), "gbp"), lambda work: remove_rates(work, "gbp")),
}


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def register_sales(stage: Stage, player: Player) -> None:
    """Register deals in dollars, euros and rubles, by the week from February to May."""
    days = [moscow("2018-02-20", "23:30:00") + timedelta(days=7 * week) for week in range(12)]
    sold = [
        (day, currency, amount) for day in days for currency, amount in (("usd", "10.335"), ("eur", "7"), ("rub", "1"))
    ]
    deals = [
        registration(
            f"{place}", happened_at=day, currency=currency, amount_rub=Decimal(amount), matchers=(WITHOUT_SOURCE,)
        )
        for place, (day, currency, amount) in enumerate(sold)
    ]
    stage.perform(register_deals, player, *deals)


def total(stage: Stage, player: Player) -> int:
    """Return the total of all deals in kopecks, as reports convert it."""
    with stage.database.read() as connection:
        sums = sum_by_status(connection, player.site.id, moscow("2017-01-01"), moscow("2030-01-01"))
    return sum(kopecks for _, kopecks, _ in sums.values())


@pytest.mark.parametrize("name", CASES)
def test_the_forecast_is_what_happens(stage: Stage, shop: Player, name: str) -> None:
    tried, change = CASES[name]
    neighbour = stage.open_site()
    for player in (shop, neighbour):
        register_sales(stage, player)
        with stage.database.write() as connection:
            set_rates(stage.work(connection, player), KNOWN)
    before, stored = total(stage, shop), rows_of(stage.database, shop)
    with stage.database.read() as connection:
        effect: RatesEffect = try_rates(connection, shop.site, tried)
    assert rows_of(stage.database, shop) == stored
    with stage.database.write() as connection:
        change(stage.work(connection, shop))
    changed = effect.changed
    assert total(stage, shop) - before == (changed.after or 0) - (changed.before or 0)
    assert changed.deals == sum(month.deals for month in changed.months)
    assert bool(changed.deals) == (name not in ("the same rate", "no such rate"))
    assert not effect.is_cut
    with stage.database.read() as connection:
        assert list_rates(connection, neighbour.site) == list(KNOWN[::-1])
