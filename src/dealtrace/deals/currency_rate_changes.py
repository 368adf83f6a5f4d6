"""The effect of changed exchange rates on the ruble amounts of deals."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from dealtrace.deals.currency import Rates
from dealtrace.record import record


@record
class ForeignAmounts:
    """The amount and the margin of a deal in a currency other than the ruble; `at` is when the deal was made."""

    currency: str
    at: datetime
    amount: Decimal | None
    margin: Decimal | None


@record
class MonthOfAmounts:
    """The deals of a month whose amounts change, by currency: how many, and their total in kopecks before and after."""

    first_on: date
    currency: str
    deals: int
    before: int
    after: int


@record
class ChangedAmounts:
    """The deals whose amounts or margins in rubles change: how many, and their totals in kopecks before and after.

    An amount without a rate counts as 0; `lacking_before` and `lacking_after` are the numbers of deals with such an
    amount. `months` are in order of time, then by currency.
    """

    deals: int
    before: int
    after: int
    margin_before: int
    margin_after: int
    lacking_before: int
    lacking_after: int
    months: tuple[MonthOfAmounts, ...]


def with_rates(rates: Rates, new: Mapping[tuple[str, datetime], int], removed: Iterable[tuple[str, datetime]]) -> Rates:
    """Return rates with some added, replaced or removed; each is identified by its currency and its start."""
    gone = frozenset(removed)
    known = {
        (currency, start): rate
        for currency, starts in rates.starts.items()
        for start, rate in zip(starts, rates.rates[currency], strict=True)
        if (currency, start) not in gone
    }
    starts: dict[str, list[datetime]] = {}
    values: dict[str, list[int]] = {}
    for (currency, start), rate in sorted({**known, **new}.items()):
        starts.setdefault(currency, []).append(start)
        values.setdefault(currency, []).append(rate)
    return Rates(starts, values)


def changed_span(before: Rates, after: Rates) -> tuple[datetime, datetime | None] | None:
    """Return the start and the end of the time span in which ruble amounts of deals may change.

    An end of `None` means that the span has no end. The result is `None` if the rates are the same at all times.
    """
    spans = [
        span
        for currency in {*before.starts, *after.starts}
        for span in _changed_spans(_Steps(before, currency), _Steps(after, currency))
    ]
    if not spans:
        return None
    ends = [end for _, end in spans if end is not None]
    return min(start for start, _ in spans), max(ends) if len(ends) == len(spans) else None


class _Steps:
    """The rates of a currency, which begin one after another."""

    def __init__(self, rates: Rates, currency: str) -> None:
        self.starts = rates.starts.get(currency, ())
        self._rates = rates.rates.get(currency, ())

    def at(self, moment: datetime) -> int:
        """Return the rate at a time, or 0 if there is none."""
        position = bisect_right(self.starts, moment)
        return self._rates[position - 1] if position else 0


def _changed_spans(before: _Steps, after: _Steps) -> Iterator[tuple[datetime, datetime | None]]:
    starts = sorted({*before.starts, *after.starts})
    for start, end in zip(starts, (*starts[1:], None), strict=True):
        if before.at(start) != after.at(start):
            yield start, end


def tally_amounts(amounts: Iterable[ForeignAmounts], before: Rates, after: Rates, zone: ZoneInfo) -> ChangedAmounts:
    """Return the changes in the ruble amounts of deals; months begin and end in the time zone `zone`."""
    months: dict[tuple[date, str], MonthOfAmounts] = {}
    total = ChangedAmounts(0, 0, 0, 0, 0, 0, 0, ())
    for deal in amounts:
        old, new = (_Worth.of(deal, rates) for rates in (before, after))
        if old == new:
            continue
        total = replace(
            total,
            deals=total.deals + 1,
            before=total.before + (old.amount or 0),
            after=total.after + (new.amount or 0),
            margin_before=total.margin_before + (old.margin or 0),
            margin_after=total.margin_after + (new.margin or 0),
            lacking_before=total.lacking_before + old.lacks_rate,
            lacking_after=total.lacking_after + new.lacks_rate,
        )
        key = deal.at.astimezone(zone).date().replace(day=1), deal.currency
        month = months.get(key, MonthOfAmounts(*key, 0, 0, 0))
        months[key] = replace(
            month,
            deals=month.deals + 1,
            before=month.before + (old.amount or 0),
            after=month.after + (new.amount or 0),
        )
    return replace(total, months=tuple(months[key] for key in sorted(months)))


@record
class _Worth:
    """The amount and the margin of a deal in kopecks, and whether either lacks an exchange rate."""

    amount: int | None
    margin: int | None
    lacks_rate: bool

    @classmethod
    def of(cls, deal: ForeignAmounts, rates: Rates) -> "_Worth":
        """Return the amount and the margin of a deal at the given rates."""
        amounts = deal.amount, deal.margin
        worth = [rates.worth(each, deal.currency, deal.at) if each is not None else None for each in amounts]
        lacking = sum(each is not None for each in amounts) > sum(each is not None for each in worth)
        return cls(worth[0], worth[1], lacking)
