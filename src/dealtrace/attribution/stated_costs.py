"""The costs of campaigns in files and API requests, added up by day and traffic source."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext

from dealtrace.attribution.campaign import Campaign, CampaignNaming
from dealtrace.attribution.cost import EXACT, KOPECKS_PER_RUBLE, Cost, sum_known
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.record import record


@record
class StatedCost:
    """The cost of a traffic source on a day; `campaign` is used only if `traffic_source` has no campaign."""

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
