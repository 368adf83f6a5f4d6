"""Costs that are spread evenly over the days of a period."""

from datetime import date, timedelta

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.record import record

SPREAD_DAYS_MAX = 366
"""Ours: a cost is spread over at most this many days, so that an API request stores at most a year of rows per cost."""


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
