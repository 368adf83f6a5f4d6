"""The costs of advertising: by day and traffic source, and by campaign as files and API requests state them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from enum import StrEnum

from dealtrace.attribution.campaign import Campaign, CampaignNaming
from dealtrace.attribution.landing_tags import PAID
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.record import record

KOPECKS_PER_RUBLE = 100
COST_KOPECKS_MAX = 10**12
"""Ours: the largest cost of a source on a day, ten billion rubles; sums of millions of such costs fit into 64 bits."""
COUNT_MAX = 10**12
"""The maximum number of clicks, and of impressions, of a source on a day."""
SPREAD_DAYS_MAX = 366
"""Ours: a cost is spread over at most this many days, so that an API request stores at most a year of rows per cost."""
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
    """How costs were imported: from a file or by the API; a file replaces only costs that came from a file."""

    FILE = "file"
    API = "api"


@record
class CostAccount:
    """An account of an advertising system, from which costs are imported."""

    system: str
    account: str
    origin: CostImportSource = CostImportSource.FILE


API_ACCOUNT = CostAccount("api", "", CostImportSource.API)
"""The account of all costs imported by the API, since its requests state no account."""


@record
class Cost:
    """The cost of a traffic source on a day of the site, in kopecks; clicks and impressions are `None` if unknown."""

    day_on: date
    traffic_source: TrafficSource
    amount_kopecks: int
    clicks: int | None = None
    impressions: int | None = None


@record
class CostSpread:
    """The cost of a traffic source, in kopecks, over a period of the site's days, both ends included."""

    traffic_source: TrafficSource
    amount_kopecks: int
    since: date
    until: date


def spread_evenly(spread: CostSpread) -> dict[date, int]:
    """Return the kopecks for each day of a cost that is spread evenly; the last day also gets the remainder."""
    days = (spread.until - spread.since).days + 1
    share, rest = divmod(spread.amount_kopecks, days)
    amounts = {spread.since + timedelta(days=day): share for day in range(days)}
    amounts[spread.until] += rest
    return amounts


def sum_known(counts: Iterable[int | None]) -> int | None:
    """Return the sum of the counts that are not `None`, or `None` if there are no such counts."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


@record
class StatedCost:
    """The cost of a traffic source on a day; `campaign` is used only if `traffic_source` names no campaign."""

    day_on: date
    traffic_source: TrafficSource
    campaign: Campaign
    amount_rub: Decimal
    clicks: int | None = None
    impressions: int | None = None


def name_costs(stated: Iterable[StatedCost], naming: CampaignNaming, visited: Iterable[TrafficSource]) -> list[Cost]:
    """Return one cost for each day and source.

    If a file names a campaign only by its id or name, `naming` finds the `utm_campaign` that visits have for it;
    `visited` are the sources of the site's visits.
    Ours: the amounts for a day and source are added exactly, and the sum is rounded half up to kopecks.
    """
    listed = list(stated)
    campaigns = [cost.campaign for cost in listed if not cost.traffic_source.campaign]
    names = naming.name_campaigns(campaigns, {source.campaign for source in visited})
    same: dict[tuple[date, TrafficSource], list[StatedCost]] = {}
    for cost in listed:
        source = cost.traffic_source
        if not source.campaign:
            source = replace(source, campaign=names[cost.campaign])
        same.setdefault((cost.day_on, source), []).append(cost)
    return [_sum_costs(day_on, source, costs) for (day_on, source), costs in same.items()]


def _sum_costs(day_on: date, source: TrafficSource, costs: Iterable[StatedCost]) -> Cost:
    summed = list(costs)
    with localcontext(EXACT):
        kopecks = sum((cost.amount_rub for cost in summed), Decimal(0)) * KOPECKS_PER_RUBLE
        return Cost(
            day_on,
            source,
            int(kopecks.to_integral_value(ROUND_HALF_UP)),
            sum_known(cost.clicks for cost in summed),
            sum_known(cost.impressions for cost in summed),
        )
