"""Find costs whose traffic source no visit has: the source is spelt differently or has brought no visitors."""

from collections.abc import Callable, Iterable
from dataclasses import astuple

from dealtrace.attribution.traffic_source import TrafficSource, part_key
from dealtrace.record import record

CAMPAIGN_PARTS = 3
"""How many of the five parts of a traffic source identify a campaign: source, medium and campaign."""


@record
class SourceCost:
    """The cost of a traffic source, in kopecks, over some days."""

    traffic_source: TrafficSource
    amount_kopecks: int


@record
class UnmetCosts:
    """The costs of sources that no visit has, largest first.

    `sources` has the costs of sources that no visit matches in all five parts. `campaigns` has the costs of campaigns
    for which no visit has even the same source, medium and campaign; these are listed without content and term.
    """

    sources: list[SourceCost]
    campaigns: list[SourceCost]


def find_unmet(costs: Iterable[SourceCost], visited: Iterable[TrafficSource]) -> UnmetCosts:
    """Return the costs of sources that are not in `visited`, the sources of visits, ignoring case and outer blanks.

    Sources that cost nothing are left out.
    """
    listed, known = [cost for cost in costs if cost.amount_kopecks], list(visited)
    campaigns = (SourceCost(_campaign_of(cost.traffic_source), cost.amount_kopecks) for cost in listed)
    return UnmetCosts(_unmet(listed, known, _key), _unmet(campaigns, known, _campaign_key))


def _unmet(
    costs: Iterable[SourceCost], visited: Iterable[TrafficSource], key: Callable[[TrafficSource], tuple[str, ...]]
) -> list[SourceCost]:
    met = {key(source) for source in visited}
    amounts: dict[tuple[str, ...], list[SourceCost]] = {}
    for cost in costs:
        if (of_cost := key(cost.traffic_source)) not in met:
            amounts.setdefault(of_cost, []).append(cost)
    sums = [SourceCost(same[0].traffic_source, sum(cost.amount_kopecks for cost in same)) for same in amounts.values()]
    return sorted(sums, key=lambda cost: (-cost.amount_kopecks, astuple(cost.traffic_source)))


def _campaign_of(source: TrafficSource) -> TrafficSource:
    return TrafficSource(source.source, source.medium, source.campaign)


def _campaign_key(source: TrafficSource) -> tuple[str, ...]:
    return _key(source)[:CAMPAIGN_PARTS]


def _key(source: TrafficSource) -> tuple[str, ...]:
    return tuple(part_key(part) or "" for part in astuple(source))
