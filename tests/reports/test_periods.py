"""Periods and what they are compared with."""

from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.reports.periods import (
    PRESETS,
    Comparison,
    Period,
    compared_period,
    last_month,
    span_of,
    time_zone_offsets,
)
from dealtrace.reports.reading.compared_times import compared_span

MOSCOW, BERLIN, LORD_HOWE = (ZoneInfo(name) for name in ("Europe/Moscow", "Europe/Berlin", "Australia/Lord_Howe"))
ZONES = st.sampled_from([MOSCOW, BERLIN, LORD_HOWE, ZoneInfo("Pacific/Apia"), ZoneInfo("America/St_Johns")])
INSTANTS = st.datetimes(datetime(1995, 1, 1), datetime(2095, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
INSTANT = timedelta(microseconds=1)


def period(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("asked", "comparison", "other"),
    [
        (("2026-11-01", "2026-11-30"), Comparison.PREVIOUS, ("2026-10-02", "2026-10-31")),
        (("2026-11-10", "2026-11-10"), Comparison.PREVIOUS, ("2026-11-09", "2026-11-09")),
        (("2024-02-01", "2024-02-29"), Comparison.YEAR, ("2023-02-01", "2023-02-28")),
        (("2024-02-29", "2024-02-29"), Comparison.YEAR, ("2023-02-28", "2023-02-28")),
        (("2025-02-28", "2025-03-01"), Comparison.YEAR, ("2024-02-28", "2024-03-01")),
        (("2026-11-02", "2026-11-08"), Comparison.WEEKDAYS, ("2026-10-26", "2026-11-01")),
        (("2026-11-02", "2026-11-09"), Comparison.WEEKDAYS, ("2026-10-19", "2026-10-26")),
        (("2026-11-02", "2026-11-02"), Comparison.WEEKDAYS, ("2026-10-26", "2026-10-26")),
        (("2026-11-01", "2026-11-30"), Comparison.MONTHS, ("2026-10-01", "2026-10-31")),
        (("2026-11-01", "2026-11-27"), Comparison.MONTHS, ("2026-10-01", "2026-10-27")),
        (("2024-03-01", "2024-03-30"), Comparison.MONTHS, ("2024-02-01", "2024-02-29")),
        (("2025-02-01", "2025-02-28"), Comparison.MONTHS, ("2025-01-01", "2025-01-31")),
        (("2025-02-01", "2025-02-27"), Comparison.MONTHS, ("2025-01-01", "2025-01-27")),
        (("2026-01-01", "2026-01-31"), Comparison.MONTHS, ("2025-12-01", "2025-12-31")),
        (("2026-10-15", "2026-11-14"), Comparison.MONTHS, ("2026-09-15", "2026-10-14")),
        (("2026-10-15", "2026-11-15"), Comparison.MONTHS, ("2026-08-15", "2026-09-15")),
        (("2026-10-31", "2026-11-30"), Comparison.MONTHS, ("2026-08-31", "2026-09-30")),
        (("2026-10-01", "2026-12-31"), Comparison.MONTHS, ("2026-07-01", "2026-09-30")),
        (("2026-03-31", "2026-03-31"), Comparison.MONTHS, ("2026-02-28", "2026-02-28")),
    ],
)
def test_a_period_is_compared_with(asked: tuple[str, str], comparison: Comparison, other: tuple[str, str]) -> None:
    assert compared_period(period(*asked), comparison) == period(*other)


@given(st.dates(date(1990, 1, 1), date(2100, 12, 1)), st.integers(1, 800))
def test_the_same_weekdays_are_compared_and_no_day_twice(first: date, days: int) -> None:
    asked = Period(first, first + timedelta(days=days - 1))
    other = compared_period(asked, Comparison.WEEKDAYS)
    assert (other.days, other.first_on.weekday()) == (days, first.weekday())
    assert other.last_on < first
    assert (first - other.last_on).days <= 7


def test_a_day_of_23_and_one_of_25_hours_are_whole_days() -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    now = datetime(2027, 1, 1, tzinfo=UTC)
    lengths = [
        span.until - span.since
        for span in (span_of(Period(day_on, day_on), BERLIN, now) for day_on in (spring, autumn))
    ]
    assert lengths == [timedelta(hours=23), timedelta(hours=25)]


def test_a_period_that_reaches_today_ends_now_on_both_sides() -> None:
    now = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
    month = period("2026-11-01", "2026-11-30")
    span = span_of(month, MOSCOW, now)
    assert (span.until, span.days) == (now + INSTANT, period("2026-11-01", "2026-11-26"))
    other = compared_span(month, Comparison.PREVIOUS, MOSCOW, now)
    assert (other.until, other.days) == (
        datetime(2026, 10, 27, 9, 30, tzinfo=UTC) + INSTANT, period("2026-10-02", "2026-10-27"),
    )  # fmt: skip


def test_a_period_that_is_over_is_compared_whole() -> None:
    now = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
    week = period("2026-11-02", "2026-11-08")
    other = compared_span(week, Comparison.PREVIOUS, MOSCOW, now)
    assert other == span_of(period("2026-10-26", "2026-11-01"), MOSCOW, now)


def test_nothing_of_the_future_is_looked_at() -> None:
    now = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
    future = period("2026-11-27", "2026-11-30")
    for span in (span_of(future, MOSCOW, now), compared_span(future, Comparison.YEAR, MOSCOW, now)):
        assert (span.since, span.until, span.days) == (now, now, None)


@given(ZONES, INSTANTS, st.sampled_from(list(Comparison)), st.integers(0, 500), st.integers(0, 40))
def test_both_sides_show_as_many_days(
    time_zone: ZoneInfo, now: datetime, comparison: Comparison, days: int, ahead: int
) -> None:
    today = now.astimezone(time_zone).date()
    asked = Period(today - timedelta(days=days), today + timedelta(days=ahead))
    span, other = span_of(asked, time_zone, now), compared_span(asked, comparison, time_zone, now)
    assert span.days is not None
    assert other.days is not None
    lengths_differ = {Comparison.YEAR: 1, Comparison.MONTHS: 6}
    assert abs(span.days.days - other.days.days) <= lengths_differ.get(comparison, 0)
    assert other.days.last_on < span.days.first_on or comparison is Comparison.YEAR
    assert span.since <= now < span.until
    assert other.since <= other.until <= span.until


def test_an_unfinished_month_is_compared_with_as_much_of_the_month_before() -> None:
    now = datetime(2026, 11, 27, 12, tzinfo=MOSCOW)
    for asked in (period("2026-11-01", "2026-11-27"), period("2026-11-01", "2026-11-30")):
        other = compared_span(asked, Comparison.MONTHS, MOSCOW, now)
        assert other.days == period("2026-10-01", "2026-10-27")
        assert other.until == datetime(2026, 10, 27, 12, tzinfo=MOSCOW) + INSTANT


@given(ZONES, INSTANTS, st.integers(0, 2000), st.floats(0, 1))
def test_the_offset_of_an_instant_is_that_of_its_zone(
    time_zone: ZoneInfo, since: datetime, days: int, place: float
) -> None:
    until = since + timedelta(days=days)
    offsets = time_zone_offsets(time_zone, since, until)
    at = since + (until - since) * place
    found = [offset for begins, offset in offsets if begins <= at][-1]
    assert found == at.astimezone(time_zone).utcoffset()
    for begins, offset in offsets[1:]:
        assert (begins - INSTANT).astimezone(time_zone).utcoffset() != offset
        assert begins.astimezone(time_zone).utcoffset() == offset


@pytest.mark.parametrize(("name", "year"), [("America/Boa_Vista", 2000), ("Asia/Gaza", 2040)])
def test_no_change_is_passed_over_where_clocks_go_back_within_a_week(name: str, year: int) -> None:
    time_zone = ZoneInfo(name)
    for day in range(14):
        since = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day)
        until = since + timedelta(days=366)
        passed = [(since + timedelta(hours=hour)).astimezone(time_zone).utcoffset() for hour in range(366 * 24)]
        offsets = [offset for _, offset in time_zone_offsets(time_zone, since, until)]
        assert offsets == [offset for offset, _ in groupby(passed)]


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", "2024-02-29", "2024-02-29"), ("yesterday", "2024-02-28", "2024-02-28"),
        ("7d", "2024-02-23", "2024-02-29"), ("28d", "2024-02-02", "2024-02-29"), ("90d", "2023-12-02", "2024-02-29"),
        ("month", "2024-02-01", "2024-02-29"), ("quarter", "2024-01-01", "2024-02-29"),
        ("year", "2024-01-01", "2024-02-29"),
    ],
)  # fmt: skip
def test_a_preset_ends_today(name: str, first: str, last: str) -> None:
    assert PRESETS[name](date(2024, 2, 29)) == period(first, last)


def test_the_last_month_is_whole() -> None:
    assert last_month(date(2024, 3, 31)) == period("2024-02-01", "2024-02-29")
    assert last_month(date(2026, 1, 1)) == period("2025-12-01", "2025-12-31")
    assert PRESETS["last_month"](date(2024, 3, 31)) == period("2024-02-01", "2024-02-29")


@pytest.mark.parametrize(
    ("asked", "comparison", "follows"),
    [
        (("2026-11-01", "2026-11-30"), Comparison.PREVIOUS, True),
        (("2026-11-05", "2026-11-05"), Comparison.PREVIOUS, True),
        (("2026-11-05", "2026-11-05"), Comparison.WEEKDAYS, False),
        (("2026-11-02", "2026-11-09"), Comparison.WEEKDAYS, True),
        (("2026-11-01", "2026-11-10"), Comparison.YEAR, False),
        (("2025-12-01", "2026-11-28"), Comparison.YEAR, True),
        (("2024-12-01", "2026-11-28"), Comparison.YEAR, False),
        (("2027-01-01", "2027-01-31"), Comparison.PREVIOUS, False),
    ],
)
def test_a_span_soon_follows_an_earlier_one(asked: tuple[str, str], comparison: Comparison, follows: bool) -> None:
    now = datetime(2026, 11, 28, 9, tzinfo=UTC)
    own, other = span_of(period(*asked), MOSCOW, now), compared_span(period(*asked), comparison, MOSCOW, now)
    assert own.soon_follows(other) is follows
    assert not other.soon_follows(own)
