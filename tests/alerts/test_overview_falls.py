"""Which falls every site hears of, without an alert: sharp ones of enough deals, leads or visits."""

from datetime import date
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from cast import moscow
from dealtrace.alerts.judgement import Observed
from dealtrace.alerts.overview_falls import (
    FALLS_WATCHED,
    RATIO_BASIS_MIN,
    WINDOWS_WATCHED,
    Fall,
    falls_together,
    find_falls,
)
from dealtrace.alerts.windows import last_slot, slots_before
from dealtrace.reports.metrics import METRICS

WEEK, DAY = (
    last_slot(window, ZoneInfo("Europe/Moscow"), moscow("2026-11-10", "12:30:00")) for window in WINDOWS_WATCHED
)


def falls(metric: str, *, week: float | None = None, day: float | None = None, basis: int | None = None) -> list[str]:
    """Return the windows in which a metric fell; usual weeks have 70 or 70 %, and usual days 10 or 70 %."""
    unit = Fraction(1, 100) if METRICS[metric].unit == METRICS["match_rate"].unit else Fraction(1)
    of_basis = Fraction(basis) if basis is not None else None
    usual = {WEEK: 70 * unit, DAY: (70 if unit < 1 else 10) * unit}
    current = {WEEK: week, DAY: day}
    numbers = {
        each: Observed(usual[slot], Fraction(RATIO_BASIS_MIN) if of_basis is not None else None)
        for slot in (WEEK, DAY)
        for each in slots_before(slot)
    }
    for slot, value in current.items():
        numbers[slot] = Observed(Fraction(str(value)) * unit if value is not None else usual[slot], of_basis)
    return [fall.slot.window.name for fall in find_falls({METRICS[metric]: numbers}, (WEEK, DAY))]


def test_only_finished_days_are_watched() -> None:
    assert {slot.last_on for slot in (WEEK, DAY)} == {date(2026, 11, 9)}
    assert [metric.name for metric in FALLS_WATCHED] == ["match_rate", "deals", "leads", "visits"]


@pytest.mark.parametrize("metric", ["deals", "leads", "visits"])
def test_counts_fall_by_a_third_and_by_more_than_chance(metric: str) -> None:
    assert falls(metric) == []
    assert falls(metric, week=50) == [], "less than 30 %"
    assert falls(metric, week=46) == [], "70 vary by 25 by chance"
    assert falls(metric, week=44) == ["week"]
    assert falls(metric, week=200) == []
    assert falls(metric, day=1) == [], "10 vary by 9.5 by chance"
    assert falls(metric, day=0) == ["day"]


def test_a_week_that_fell_says_more_than_its_last_day() -> None:
    assert falls("deals", week=10, day=0) == ["week"]


def test_a_match_rate_is_judged_from_a_hundred_deals() -> None:
    assert falls("match_rate", week=50, basis=RATIO_BASIS_MIN) == []
    assert falls("match_rate", week=49, basis=RATIO_BASIS_MIN) == ["week"]
    assert falls("match_rate", day=49, basis=RATIO_BASIS_MIN) == ["day"]
    assert falls("match_rate", week=0, day=0, basis=RATIO_BASIS_MIN - 1) == []


def test_falls_in_one_window_belong_together_and_keep_their_order() -> None:
    deals, leads, visits = (
        Fall(METRICS[name], slot, Fraction(1), Fraction(9))
        for name, slot in (("deals", WEEK), ("leads", DAY), ("visits", WEEK))
    )
    assert falls_together([deals, leads, visits]) == [(deals, visits), (leads,)]
    assert falls_together([]) == []


def test_few_deals_in_the_weeks_before_are_no_history() -> None:
    before = {each: Observed(Fraction(1), Fraction(RATIO_BASIS_MIN - 1)) for each in slots_before(WEEK)}
    numbers = {**before, WEEK: Observed(Fraction(0), Fraction(RATIO_BASIS_MIN))}
    assert find_falls({METRICS["match_rate"]: numbers}, (WEEK,)) == []
