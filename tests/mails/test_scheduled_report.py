"""When reports are sent by mail, and about which days."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from cast import MOSCOW, moscow
from dealtrace.mails.scheduled_report import Rhythm, last_due, next_due, period_of
from dealtrace.reports.periods import Period


@pytest.mark.parametrize(
    ("rhythm", "after", "due"),
    [
        ("daily", ("2026-11-10", "08:59:59"), "2026-11-10"),
        ("daily", ("2026-11-10", "09:00:00"), "2026-11-11"),
        ("weekly", ("2026-11-10", "12:00:00"), "2026-11-16"),
        ("weekly", ("2026-11-16", "08:00:00"), "2026-11-16"),
        ("monthly", ("2026-11-01", "09:00:00"), "2026-12-01"),
        ("monthly", ("2026-12-31", "23:00:00"), "2027-01-01"),
    ],
)
def test_a_report_is_sent_at_its_hour_of_the_next_day_of_its_rhythm(
    rhythm: str, after: tuple[str, str], due: str
) -> None:
    assert next_due(Rhythm(rhythm), 9, MOSCOW, moscow(*after)) == moscow(due, "09:00:00")


def test_an_hour_that_a_clock_skips_or_shows_twice_is_used_once_a_day() -> None:
    zone, at = ZoneInfo("Europe/Berlin"), moscow("2026-03-27")
    days = []
    for _ in range(220):
        at = next_due(Rhythm.DAILY, 2, zone, at)
        days.append(at.astimezone(zone).date())
    assert days == [days[0] + timedelta(days=number) for number in range(220)]


def test_of_missed_times_the_last_one_counts() -> None:
    first = moscow("2026-11-02", "09:00:00")
    assert last_due(Rhythm.WEEKLY, 9, MOSCOW, first, first) == first
    assert last_due(Rhythm.WEEKLY, 9, MOSCOW, first, moscow("2026-11-20")) == moscow("2026-11-16", "09:00:00")


@pytest.mark.parametrize(
    ("rhythm", "day_on", "first_on", "last_on"),
    [
        ("daily", "2026-11-10", "2026-11-09", "2026-11-09"),
        ("weekly", "2026-11-16", "2026-11-09", "2026-11-15"),
        ("monthly", "2026-03-01", "2026-02-01", "2026-02-28"),
    ],
)
def test_a_report_is_about_the_days_before(rhythm: str, day_on: str, first_on: str, last_on: str) -> None:
    period = period_of(Rhythm(rhythm), date.fromisoformat(day_on))
    assert period == Period(date.fromisoformat(first_on), date.fromisoformat(last_on))
