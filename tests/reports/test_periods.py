"""What periods are compared with, and how much of them is looked at."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from dealtrace.reports.periods import Comparison, Period, compared_period, compared_span

UTC_ZONE = ZoneInfo("UTC")
LEAP = ("2028-02-14", "2028-02-29")


def days(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("comparison", "first", "last"),
    [
        (Comparison.PREVIOUS, "2028-01-29", "2028-02-13"),
        (Comparison.WEEKDAYS, "2028-01-24", "2028-02-08"),
        (Comparison.YEAR, "2027-02-14", "2027-02-28"),
    ],
)
def test_a_period_is_compared_with_an_earlier_one(comparison: Comparison, first: str, last: str) -> None:
    assert compared_period(days(*LEAP), comparison) == days(first, last)


@pytest.mark.parametrize(
    ("comparison", "today", "last"),
    [
        (Comparison.PREVIOUS, "2028-02-28", "2028-02-12"),
        (Comparison.WEEKDAYS, "2028-02-28", "2028-02-07"),
        (Comparison.YEAR, "2028-02-28", "2027-02-28"),
        (Comparison.YEAR, "2028-02-29", "2027-02-28"),
    ],
)
def test_a_period_that_is_not_over_is_compared_up_to_the_day_that_corresponds_to_today(
    comparison: Comparison, today: str, last: str
) -> None:
    now = datetime.fromisoformat(f"{today}T12:00:00").replace(tzinfo=UTC)
    span = compared_span(days(*LEAP), comparison, UTC_ZONE, now)
    assert span.days is not None
    assert span.days.last_on == date.fromisoformat(last)
    assert span.until == datetime.fromisoformat(f"{last}T12:00:00.000001").replace(tzinfo=UTC)
