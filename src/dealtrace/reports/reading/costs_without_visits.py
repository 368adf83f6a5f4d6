"""Find the campaigns that cost money but bring no visits."""

from collections.abc import Sequence
from fractions import Fraction

from dealtrace.record import record
from dealtrace.reports.reading.silence import TIMES_USUAL


@record
class CampaignCost:
    """A campaign of a source: its name, its cost in rubles and its number of visits."""

    source: str
    campaign: str
    cost: Fraction
    visits: int


def find_costs_without_visits(campaigns: Sequence[CampaignCost]) -> list[CampaignCost]:
    """Return the campaigns that have costs but no visits, the most expensive first.

    Ours: a campaign is returned if its cost would pay for at least `TIMES_USUAL` visits at the average cost of a visit
    in the other campaigns. If no campaign with costs has visits, visits are not measured, and no campaign is returned.
    """
    paid = [each for each in campaigns if each.cost > 0]
    met = [each for each in paid if each.visits]
    if not met:
        return []
    usual = sum((each.cost for each in met), Fraction(0)) / sum(each.visits for each in met)
    idle = (each for each in paid if not each.visits and each.cost >= TIMES_USUAL * usual)
    return sorted(idle, key=cost_order)


def cost_order(campaign: CampaignCost) -> tuple[Fraction, str, str]:
    """Return the sort key that puts expensive campaigns first; campaigns of equal cost are sorted by their names."""
    return -campaign.cost, campaign.source, campaign.campaign
