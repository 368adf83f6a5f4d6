"""What periods are compared with, and how much of them is looked at."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from dealtrace.attribution.credit import AttributionModel
from dealtrace.errors import InvalidParameters
from dealtrace.reports.periods import INSTANT, Comparison, Period, compared_period
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.reading.compared_times import compared_span

UTC_ZONE = ZoneInfo("UTC")
KNOWN = QuestionContext(date(2026, 11, 10), AttributionModel.LINEAR)
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


@pytest.mark.parametrize(
    ("zone", "comparison", "now", "until"),
    [
        ("America/New_York", Comparison.PREVIOUS, "2026-11-02T12:00-05:00", "2026-11-01T12:00-05:00"),
        ("America/New_York", Comparison.PREVIOUS, "2026-11-01T12:00-05:00", "2026-10-31T12:00-04:00"),
        ("America/New_York", Comparison.PREVIOUS, "2026-03-08T12:00-04:00", "2026-03-07T12:00-05:00"),
        ("America/New_York", Comparison.PREVIOUS, "2026-03-09T12:00-04:00", "2026-03-08T12:00-04:00"),
        ("America/New_York", Comparison.YEAR, "2027-11-01T12:00-04:00", "2026-11-01T12:00-05:00"),
        ("America/New_York", Comparison.WEEKDAYS, "2026-11-08T12:00-05:00", "2026-11-01T12:00-05:00"),
        # Clocks show 01:30 twice: of today either means half past one, of the other day the first is meant.
        ("America/New_York", Comparison.PREVIOUS, "2026-11-01T01:30-04:00", "2026-10-31T01:30-04:00"),
        ("America/New_York", Comparison.PREVIOUS, "2026-11-01T01:30-05:00", "2026-10-31T01:30-04:00"),
        ("America/New_York", Comparison.PREVIOUS, "2026-11-02T01:30-05:00", "2026-11-01T01:30-04:00"),
        ("America/New_York", Comparison.YEAR, "2021-11-07T01:30-05:00", "2020-11-07T01:30-05:00"),
        # Clocks skip 02:30, and also midnight in Brazil.
        ("America/New_York", Comparison.PREVIOUS, "2026-03-09T02:30-04:00", "2026-03-08T03:30-04:00"),
        ("America/Sao_Paulo", Comparison.PREVIOUS, "2018-11-05T00:30-02:00", "2018-11-04T01:30-02:00"),
    ],
)
def test_both_sides_end_at_the_same_local_time_when_clocks_change(
    zone: str, comparison: Comparison, now: str, until: str
) -> None:
    at = datetime.fromisoformat(now)
    today = Period(at.date(), at.date())
    span = compared_span(today, comparison, ZoneInfo(zone), at.astimezone(UTC))
    assert span.until == datetime.fromisoformat(until) + INSTANT


@pytest.mark.parametrize("comparison", Comparison)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize(("first", "last"), [("1990-01-01", "2089-03-15"), ("2100-12-31", "2100-12-31")])
def test_the_earliest_and_the_latest_periods_can_be_compared(
    comparison: Comparison, zone: str, first: str, last: str
) -> None:
    words = RawQuestion(metrics="deals", first=first, last=last, compare=comparison)
    period = parse_question(words, KNOWN).period
    now = datetime(2026, 11, 10, tzinfo=UTC)
    assert compared_span(period, comparison, ZoneInfo(zone), now).since <= now


def test_nothing_is_looked_at_of_a_day_that_clocks_skip() -> None:
    now = datetime.fromisoformat("2011-12-31T12:00+14:00").astimezone(UTC)
    span = compared_span(days("2011-12-31", "2011-12-31"), Comparison.PREVIOUS, ZoneInfo("Pacific/Apia"), now)
    assert span.since == span.until


def test_a_day_before_every_advertisement_is_refused() -> None:
    with pytest.raises(InvalidParameters, match="1990"):
        parse_question(RawQuestion(metrics="deals", first="1989-12-31", last="1989-12-31"), KNOWN)
