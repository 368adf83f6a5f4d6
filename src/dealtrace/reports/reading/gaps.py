"""Find where data is missing: days on which nothing was counted though much usually is, and costs without visits."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from statistics import median

from dealtrace.record import record
from dealtrace.reports.periods import DAY, DAYS_OF_WEEK
from dealtrace.reports.silence import TIMES_USUAL, WEEKS_MIN

WEEKS_AROUND = 8
"""Ours: what is usual is taken from as many weeks before and after the days in question."""


@record
class Gap:
    """Days, both ends inclusive, on which nothing was counted; the usual counts of these days are from `low` to `high`.

    They are medians of the same weekdays in the weeks around.
    """

    first_on: date
    last_on: date
    low: Fraction
    high: Fraction


def find_gaps(counts: Mapping[date, int]) -> list[Gap]:
    """Return the gaps in counts of consecutive days, earliest first; days after the first counted one may be missing.

    Ours: days without a count are a gap if at least `TIMES_USUAL` would be usual in all of them; by chance this happens
    once in 3000 times. Days before the first count are none, since nothing was measured yet.
    """
    counted = [day_on for day_on, count in counts.items() if count]
    if not counted:
        return []
    first_on, last_on = min(counted), max(counts)
    found = (_gap(run, counts, first_on) for run in _empty_runs(counts, first_on, last_on))
    return [gap for gap in found if gap is not None]


def _empty_runs(counts: Mapping[date, int], first_on: date, last_on: date) -> list[list[date]]:
    """Return the longest sequences of days without a count."""
    runs: list[list[date]] = [[]]
    for number in range((last_on - first_on).days + 1):
        day_on = first_on + number * DAY
        if not counts.get(day_on):
            runs[-1].append(day_on)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _gap(run: Sequence[date], counts: Mapping[date, int], first_on: date) -> Gap | None:
    """Return the gap of days without a count, without quiet days at its ends; `None` if they are not unusual."""
    usual = {day_on: _usual(day_on, run, counts, first_on) for day_on in run}
    known = {day_on: value for day_on, value in usual.items() if value}
    if sum(known.values(), Fraction(0)) < TIMES_USUAL:
        return None
    return Gap(min(known), max(known), min(known.values()), max(known.values()))


def _usual(day_on: date, run: Sequence[date], counts: Mapping[date, int], first_on: date) -> Fraction:
    """Return the median count of the same weekday in the weeks around the run, 0 if there are too few weeks."""
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
    """A campaign of a source: its name, its cost in rubles and its visits."""

    source: str
    campaign: str
    cost: Fraction
    visits: int


def find_costs_without_visits(campaigns: Sequence[CampaignCost]) -> list[CampaignCost]:
    """Return the campaigns that have costs but no visits, the most expensive first.

    Ours: at the usual cost of a visit of the others, the cost must be that of at least `TIMES_USUAL` visits. If no
    campaign with costs has visits, none is returned: then visits are not measured.
    """
    paid = [each for each in campaigns if each.cost > 0]
    met = [each for each in paid if each.visits]
    if not met:
        return []
    usual = sum((each.cost for each in met), Fraction(0)) / sum(each.visits for each in met)
    idle = (each for each in paid if not each.visits and each.cost >= TIMES_USUAL * usual)
    return sorted(idle, key=lambda each: (-each.cost, each.source, each.campaign))
