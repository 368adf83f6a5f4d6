"""Find missing data: days without the usual records, costs without visits, services that stopped sending deals."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from statistics import median

from dealtrace.record import record
from dealtrace.reports.periods import DAY, DAYS_OF_WEEK

LOOKED_BACK = timedelta(days=28)
"""Ours: how far back deals are counted, to find how often deals usually arrive."""
DEALS_MIN = 8
"""Ours: with fewer deals than this within `LOOKED_BACK`, silence looks the same as an ordinary pause."""
PAUSE_MIN = timedelta(hours=24)
"""Ours: the shortest time without deals that can count as silence; shorter pauses, such as nights, are ordinary."""
WEEKS_MIN = 3
"""Ours: a usual count is computed only if there are counts for at least this many weeks."""
TIMES_USUAL = 8
"""Ours: a silence lasts more than this many times the average pause; by chance, 1 pause in 3000 lasts that long."""
WEEKS_AROUND = 8
"""Ours: the usual counts of an empty period are computed from this many weeks before it and this many after it."""


def is_silent(deals: int, last_at: datetime, now: datetime) -> bool:
    """Return whether the time since `last_at`, when a service sent its last deal, is unusually long.

    `deals` is the number of deals that the service sent within `LOOKED_BACK`.
    """
    if deals < DEALS_MIN:
        return False
    return now - last_at > max(PAUSE_MIN, TIMES_USUAL * LOOKED_BACK / deals)


@record
class Gap:
    """Consecutive days, both ends included, on which nothing was counted; usual counts range from `low` to `high`.

    A usual count is the median of the same weekday in the weeks before and after.
    """

    first_on: date
    last_on: date
    low: Fraction
    high: Fraction


def find_gaps(counts: Mapping[date, int]) -> list[Gap]:
    """Return the gaps in daily counts, earliest first; a day without an entry counts as 0.

    Ours: consecutive empty days are a gap if their usual counts add up to at least `TIMES_USUAL`; by chance alone,
    such days are empty once in 3000 cases. Days before the first count are not a gap, since nothing was measured yet.
    """
    counted = [day_on for day_on, count in counts.items() if count]
    if not counted:
        return []
    first_on, last_on = min(counted), max(counts)
    found = (_gap(run, counts, first_on) for run in _empty_runs(counts, first_on, last_on))
    return [gap for gap in found if gap is not None]


def _empty_runs(counts: Mapping[date, int], first_on: date, last_on: date) -> list[list[date]]:
    """Return the runs of consecutive days without a count, each as long as possible."""
    runs: list[list[date]] = [[]]
    for number in range((last_on - first_on).days + 1):
        day_on = first_on + number * DAY
        if not counts.get(day_on):
            runs[-1].append(day_on)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _gap(run: Sequence[date], counts: Mapping[date, int], first_on: date) -> Gap | None:
    """Return the gap in a run of empty days, or `None` if the run is not unusual.

    Days at the ends of the run on which nothing is usually counted are left out.
    """
    usual = {day_on: _usual(day_on, run, counts, first_on) for day_on in run}
    known = {day_on: value for day_on, value in usual.items() if value}
    if sum(known.values(), Fraction(0)) < TIMES_USUAL:
        return None
    return Gap(min(known), max(known), min(known.values()), max(known.values()))


def _usual(day_on: date, run: Sequence[date], counts: Mapping[date, int], first_on: date) -> Fraction:
    """Return the usual count of a day in a run of empty days, or 0 if there are too few weeks to compute it from.

    The usual count is the median of the counts on the same weekday in the weeks before and after the run.
    """
    week = timedelta(days=DAYS_OF_WEEK)
    weeks_back = (day_on - run[0]).days // DAYS_OF_WEEK + 1
    weeks_ahead = (run[-1] - day_on).days // DAYS_OF_WEEK + 1
    before = [day_on - (weeks_back + number) * week for number in range(WEEKS_AROUND)]
    after = [day_on + (weeks_ahead + number) * week for number in range(WEEKS_AROUND)]
    last_on = max(counts)
    seen = [counts.get(other, 0) for other in (*before, *after) if first_on <= other <= last_on]
    return Fraction(median(seen)) if len(seen) >= WEEKS_MIN else Fraction(0)


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
