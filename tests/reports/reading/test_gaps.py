"""Days on which nothing was counted though much usually is, and costs of campaigns that brought no visits."""

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from dealtrace.reports.reading.costs_without_visits import CampaignCost, find_costs_without_visits
from dealtrace.reports.reading.gaps import Gap, find_gaps
from dealtrace.reports.reading.silence import TIMES_USUAL

MONDAY = date(2026, 9, 28)
WEEK = (18, 16, 15, 14, 12, 9, 10)


def counted(*, weeks: int = 8, empty: tuple[int, int] = (0, 0), week: tuple[int, ...] = WEEK) -> dict[date, int]:
    """Return the counts of days from a Monday on; those with numbers in the range `empty` are zero."""
    return {
        MONDAY + timedelta(days=number): 0 if number in range(*empty) else week[number % 7]
        for number in range(7 * weeks)
    }


def test_a_week_without_calls_is_found_after_it_has_ended() -> None:
    (gap,) = find_gaps(counted(empty=(41, 48)))
    assert gap == Gap(MONDAY + timedelta(days=41), MONDAY + timedelta(days=47), Fraction(9), Fraction(18))


def test_a_gap_that_lasts_until_now_is_found_and_so_is_a_single_busy_day() -> None:
    (gap,) = find_gaps(counted(empty=(53, 56)))
    assert (gap.first_on, gap.last_on) == (MONDAY + timedelta(days=53), MONDAY + timedelta(days=55))
    (gap,) = find_gaps(counted(empty=(30, 31)))
    assert gap.low == gap.high == WEEK[2]


def test_a_quiet_site_has_no_gaps() -> None:
    assert find_gaps(counted(empty=(30, 33), week=(1, 1, 1, 1, 1, 0, 0))) == []
    assert find_gaps({}) == []
    assert find_gaps(counted(week=(0,) * 7)) == []


def test_usual_days_off_are_no_gap_and_do_not_lengthen_one() -> None:
    week = (9, 9, 9, 9, 9, 0, 0)
    assert find_gaps(counted(week=week)) == []
    (gap,) = find_gaps(counted(week=week, empty=(33, 40)))
    assert (gap.first_on.isoweekday(), gap.last_on.isoweekday()) == (1, 5)


def test_nothing_is_missing_before_counting_began_or_where_too_few_weeks_are_known() -> None:
    assert find_gaps(counted(empty=(0, 30))) == []
    assert find_gaps(counted(weeks=3, empty=(8, 10))) == []


@given(st.lists(st.integers(0, 30), min_size=1, max_size=150))
def test_every_gap_is_empty_and_at_least_eight_are_usual_in_it(counts: list[int]) -> None:
    days = {MONDAY + timedelta(days=number): count for number, count in enumerate(counts)}
    for gap in find_gaps(days):
        inside = [count for day_on, count in days.items() if gap.first_on <= day_on <= gap.last_on]
        assert set(inside) == {0}
        assert gap.low <= gap.high
        assert gap.high * len(inside) >= TIMES_USUAL


def campaign(name: str, cost: int, visits: int) -> CampaignCost:
    return CampaignCost("yandex", name, Fraction(cost), visits)


def test_costs_without_visits_are_found_at_the_usual_price_of_a_visit() -> None:
    usual = campaign("okna", 50_000, 1000)
    old, dear, trifle = campaign("okna_staraya", 31_782, 0), campaign("dear", 90_000, 0), campaign("trifle", 399, 0)
    assert find_costs_without_visits([usual, old, trifle, dear, campaign("free", 0, 0)]) == [dear, old]
    assert find_costs_without_visits([old, dear]) == []
