"""What advertising costs: an amount for a traffic source on a day of the site, and how amounts are spread over days."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum

from dealtrace.attribution.landing_tags import PAID
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.record import record

KOPECKS_PER_RUBLE = 100
COST_KOPECKS_MAX = 10**12
"""Ours: ten billion rubles for a source on a day; sums of millions of such costs still fit 64 bits."""
COUNT_MAX = 10**12
"""The most clicks or impressions of a source on a day."""
SPREAD_DAYS_MAX = 366
"""Ours: a cost is spread over a year at most, so that no call of the API stores more rows than that."""
SYSTEM_LENGTH_MAX = ACCOUNT_LENGTH_MAX = 100
ORIGIN_LENGTH_MAX = 16

SYSTEM_SOURCES: Mapping[str, TrafficSource] = {
    "yandex": TrafficSource("yandex", PAID),
    "direct": TrafficSource("yandex", PAID),
    "vk": TrafficSource("vk", PAID),
    "mytarget": TrafficSource("mytarget", PAID),
    "google": TrafficSource("google", PAID),
}
"""The source and medium for advertising systems whose files state neither."""


class CostOrigin(StrEnum):
    """How a cost was imported; files and the API are kept apart, and a file replaces only costs from files."""

    FILE = "file"
    API = "api"


@record
class CostAccount:
    """An account of an advertising system that costs are imported from."""

    system: str
    account: str
    origin: CostOrigin = CostOrigin.FILE


API_ACCOUNT = CostAccount("api", "", CostOrigin.API)
"""The account of all costs imported by API, which names none."""


@record
class Cost:
    """What a traffic source cost on a day of the site, in kopecks; clicks and impressions are `None` if unknown."""

    day_on: date
    traffic_source: TrafficSource
    amount_kopecks: int
    clicks: int | None = None
    impressions: int | None = None


@record
class CostSpread:
    """The amount in kopecks that a source cost over a period of the site's days, both ends included."""

    traffic_source: TrafficSource
    amount_kopecks: int
    since: date
    until: date


def spread_evenly(spread: CostSpread) -> dict[date, int]:
    """Return the kopecks of each day: equal shares, with the remainder added to the last day.

    The shares add up to the amount exactly.
    """
    days = (spread.until - spread.since).days + 1
    share, rest = divmod(spread.amount_kopecks, days)
    amounts = {spread.since + timedelta(days=day): share for day in range(days)}
    amounts[spread.until] += rest
    return amounts


def sum_known(counts: Iterable[int | None]) -> int | None:
    """Return the sum of the known counts, `None` if all are unknown."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
