"""The effect of changed exchange rates on the ruble amounts of deals."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from operator import itemgetter
from zoneinfo import ZoneInfo

from dealtrace.attribution.known_sum import known_sum
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
    """The deals of a month whose amounts change, by currency: how many, and their total in kopecks before and after.

    A total is `None` if it is unknown; see `ChangedAmounts`.
    """

    first_on: date
    currency: str
    deals: int
    before: int | None
    after: int | None


@record
class ChangedAmounts:
    """The deals whose amounts or margins in rubles change: how many, and their totals in kopecks before and after.

    Totals leave out amounts without a rate, and are `None` if nothing else is in them (see `known_sum`);
    `lacking_before` and `lacking_after` are the numbers of deals with such an amount. `months` are in order of time,
    then by currency.
    """

    deals: int
    before: int | None
    after: int | None
    margin_before: int | None
    margin_after: int | None
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
    changed = []
    months: dict[tuple[date, str], list[tuple[_Worth, _Worth]]] = {}
    for deal in amounts:
        worths = _Worth.of(deal, before), _Worth.of(deal, after)
        if worths[0] == worths[1]:
            continue
        changed.append(worths)
        key = deal.at.astimezone(zone).date().replace(day=1), deal.currency
        months.setdefault(key, []).append(worths)
    old, new = [each for each, _ in changed], [each for _, each in changed]
    return ChangedAmounts(
        len(changed),
        _total(each.amount for each in old),
        _total(each.amount for each in new),
        _total(each.margin for each in old),
        _total(each.margin for each in new),
        sum(each.lacks_rate for each in old),
        sum(each.lacks_rate for each in new),
        tuple(
            MonthOfAmounts(
                *key, len(listed), _total(each.amount for each, _ in listed), _total(each.amount for _, each in listed)
            )
            for key, listed in sorted(months.items(), key=itemgetter(0))
        ),
    )


def _total(kopecks: Iterable[int | None]) -> int | None:
    """Return the total of amounts in kopecks, each `None` if it is unknown."""
    listed = list(kopecks)
    return known_sum(sum(each or 0 for each in listed), has_unknown=None in listed)


@record
class _Worth:
    """The amount and the margin of a deal in kopecks, 0 if it has none, and `None` if one lacks an exchange rate."""

    amount: int | None
    margin: int | None

    @property
    def lacks_rate(self) -> bool:
        """Whether the amount or the margin lacks an exchange rate."""
        return self.amount is None or self.margin is None

    @classmethod
    def of(cls, deal: ForeignAmounts, rates: Rates) -> "_Worth":
        """Return the amount and the margin of a deal at the given rates."""
        amounts = deal.amount, deal.margin
        return cls(*(rates.worth(each, deal.currency, deal.at) if each is not None else 0 for each in amounts))
