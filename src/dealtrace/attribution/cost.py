"""The costs of advertising by day and traffic source, and the accounts from which they are imported."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Context
from enum import StrEnum

from dealtrace.attribution.landing_tags import PAID
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.record import record

KOPECKS_PER_RUBLE = 100
COST_KOPECKS_MAX = 10**12
"""Ours: the largest cost of a source on a day, ten billion rubles; sums of millions of such costs fit into 64 bits."""
COUNT_MAX = 10**12
"""The maximum number of clicks, and of impressions, of a source on a day."""
SYSTEM_LENGTH_MAX = ACCOUNT_LENGTH_MAX = 100
ORIGIN_LENGTH_MAX = 16

SYSTEM_SOURCES: Mapping[str, TrafficSource] = {
    "yandex": TrafficSource("yandex", PAID),
    "direct": TrafficSource("yandex", PAID),
    "vk": TrafficSource("vk", PAID),
    "mytarget": TrafficSource("mytarget", PAID),
    "google": TrafficSource("google", PAID),
}
"""The traffic source of each advertising system's costs, for files that state neither source nor medium."""
EXACT = Context(prec=60)
"""A decimal context with enough digits to compute rates, taxes and sums exactly, before rounding to kopecks."""


class CostImportSource(StrEnum):
    """How costs were imported: from a file or through the API; a file replaces only costs that came from a file."""

    FILE = "file"
    API = "api"


@record
class CostAccount:
    """An account of an advertising system, from which costs are imported."""

    system: str
    account: str
    origin: CostImportSource = CostImportSource.FILE


API_ACCOUNT = CostAccount("api", "", CostImportSource.API)
"""The account of all costs imported through the API, whose requests do not name an account."""


@record
class Cost:
    """The cost of a traffic source on a day of the site, in kopecks; clicks and impressions are `None` if unknown."""

    day_on: date
    traffic_source: TrafficSource
    amount_kopecks: int
    clicks: int | None = None
    impressions: int | None = None


def sum_known(counts: Iterable[int | None]) -> int | None:
    """Return the sum of the counts that are not `None`, or `None` if there are no such counts."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
