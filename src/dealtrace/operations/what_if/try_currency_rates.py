"""Find out which ruble amounts of deals would change with other exchange rates; nothing is stored."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import day_end, day_start
from dealtrace.deals.currency import RATE_STEPS, CurrencyRate, Rates, rounded_rate
from dealtrace.deals.currency_rate_changes import ChangedAmounts, changed_span, tally_amounts, with_rates
from dealtrace.record import record
from dealtrace.storage.reports.currency_rates import find_rates, list_foreign_amounts

AMOUNTS_MAX = 100_000
"""Ours: the maximum number of deals on which rates are tried, latest first; more would take too long for a page."""


@record
class TriedRates:
    """Exchange rates to try: new ones, and the currency and first day of those to remove.

    If `removed_on` is `None`, all rates of the currency `removed` are removed; if `removed` is empty, none are.
    """

    new: tuple[CurrencyRate, ...] = ()
    removed: str = ""
    removed_on: date | None = None


@record
class RatesEffect:
    """The amounts that would change, and whether only the latest `AMOUNTS_MAX` of the affected deals were tried."""

    changed: ChangedAmounts
    is_cut: bool


def try_rates(connection: Connection, site: Site, tried: TriedRates) -> RatesEffect:
    """Return the amounts of a site's deals that would change if the rates in `tried` were stored or removed."""
    before = find_rates(connection, site.id)
    new = {
        (rate.currency, day_start(rate.since_on, site.time_zone)): int(rounded_rate(rate.rubles) * RATE_STEPS)
        for rate in tried.new
    }
    after = with_rates(before, new, _removed(before, site, tried))
    span = changed_span(before, after)
    if span is None:
        return RatesEffect(tally_amounts([], before, after, site.time_zone), is_cut=False)
    currencies = sorted({currency for currency, _ in new} | ({tried.removed} if tried.removed else set()))
    found = list_foreign_amounts(connection, site.id, currencies, *span, most=AMOUNTS_MAX + 1)
    changed = tally_amounts(found[:AMOUNTS_MAX], before, after, site.time_zone)
    return RatesEffect(changed, is_cut=len(found) > AMOUNTS_MAX)


def _removed(rates: Rates, site: Site, tried: TriedRates) -> Sequence[tuple[str, datetime]]:
    starts = rates.starts.get(tried.removed, ())
    if tried.removed_on is not None:
        since, until = day_start(tried.removed_on, site.time_zone), day_end(tried.removed_on, site.time_zone)
        starts = [start for start in starts if since <= start < until]
    return [(tried.removed, start) for start in starts]
