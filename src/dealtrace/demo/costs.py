"""The costs and clicks of the demo's advertising on each day, as its three advertising systems would report them."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from random import Random

from dealtrace.attribution.cost import KOPECKS_PER_RUBLE, Cost, CostAccount
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.demo.company import CHANNELS, UNSEEN, UNSEEN_DAY_RUB
from dealtrace.demo.rhythm import Calendar

CLICKS_UNSEEN = 0.06
"""The share of clicks that the counter does not see."""
IMPRESSIONS_PER_CLICK = (12, 60)
_PRICES = {
    (channel.campaign.source.source, channel.campaign.source.campaign): channel.campaign
    for channel in CHANNELS
    if channel.campaign is not None and channel.campaign.system is not None
}


def make_costs(random: Random, calendar: Calendar, visits: Iterable[Visit]) -> dict[CostAccount, list[Cost]]:
    """Return the costs of each account, ordered by day; today's costs are not known yet."""
    clicks = Counter(
        (visit.started_at.astimezone(calendar.time_zone).date(), visit.traffic_source)
        for visit in visits
        if (visit.traffic_source.source, visit.traffic_source.campaign) in _PRICES
    )
    costs: dict[CostAccount, list[Cost]] = {}
    for (day, source), seen in sorted(clicks.items(), key=lambda item: (item[0][0], repr(item[0][1]))):
        campaign = _PRICES[source.source, source.campaign]
        assert campaign.system is not None
        if day < calendar.last_on:
            costs.setdefault(campaign.system.account, []).append(
                _cost_of(random, day, source, seen, campaign.click_rub)
            )
    account = next(account for account in costs if account.system == UNSEEN.source)
    costs[account] += [
        Cost(day, UNSEEN, round(UNSEEN_DAY_RUB * random.uniform(0.7, 1.3) * KOPECKS_PER_RUBLE), random.randrange(4, 12))
        for day in calendar.days[:-1]
    ]
    costs[account].sort(key=lambda cost: cost.day_on)
    return costs


def _cost_of(random: Random, day: date, source: TrafficSource, seen: int, click_rub: float) -> Cost:
    clicks = seen + sum(random.random() < CLICKS_UNSEEN for _ in range(seen))
    kopecks = round(clicks * click_rub * random.uniform(0.75, 1.25) * KOPECKS_PER_RUBLE)
    return Cost(day, source, kopecks, clicks, clicks * random.randint(*IMPRESSIONS_PER_CLICK))
