"""Find gaps: days without the usual records."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from statistics import median

from dealtrace.record import record
from dealtrace.reports.periods import DAY, DAYS_OF_WEEK
from dealtrace.reports.reading.silence import TIMES_USUAL

WEEKS_MIN = 3
"""Ours: a usual count, which shows gaps, is computed only if there are counts for at least this many weeks."""
WEEKS_AROUND = 8
"""Ours: the usual counts of an empty period are computed from this many weeks before it and this many after it."""


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
