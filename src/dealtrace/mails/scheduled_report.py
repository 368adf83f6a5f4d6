"""Scheduled reports, which are sent by e-mail: when they are sent, and which days they cover."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NewType
from zoneinfo import ZoneInfo

from dealtrace.accounts.site_days import site_day
from dealtrace.mails.recipient import Recipient
from dealtrace.record import record
from dealtrace.reports.periods import DAY, DAYS_OF_WEEK, Period, last_month
from dealtrace.reports.question import RawQuestion

ScheduledReportId = NewType("ScheduledReportId", int)
REPORTS_MAX = 50
"""Ours: the maximum number of scheduled reports of one site."""


class Rhythm(StrEnum):
    """How often a report is sent: every day, on Mondays, or on the first day of every month."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@record
class ScheduledReport:
    """A report sent by e-mail at `hour` o'clock in the site's zone; its period depends on the day of sending."""

    id: ScheduledReportId
    site_id: int
    title: str
    raw_question: RawQuestion
    rhythm: Rhythm
    hour: int
    recipients: tuple[Recipient, ...]
    created_at: datetime
    due_at: datetime


_IS_DAY: Mapping[Rhythm, Callable[[date], bool]] = {
    Rhythm.DAILY: lambda _day_on: True,
    Rhythm.WEEKLY: lambda day_on: day_on.isoweekday() == 1,
    Rhythm.MONTHLY: lambda day_on: day_on.day == 1,
}

NEXT_DUE_MAX: Mapping[Rhythm, timedelta] = {
    Rhythm.DAILY: timedelta(days=1, hours=2),
    Rhythm.WEEKLY: timedelta(days=7, hours=2),
    Rhythm.MONTHLY: timedelta(days=31, hours=2),
}
"""The longest time from one sending of a report to the next, including the hours by which clocks may change."""


def next_due(rhythm: Rhythm, hour: int, time_zone: ZoneInfo, after: datetime) -> datetime:
    """Return the first time after `after` at which a report is due, in UTC."""
    day_on = site_day(after, time_zone)
    while True:
        due_at = datetime.combine(day_on, time(hour), time_zone).astimezone(UTC)
        if _IS_DAY[rhythm](day_on) and due_at > after:
            return due_at
        day_on += DAY


def last_due(rhythm: Rhythm, hour: int, time_zone: ZoneInfo, due_at: datetime, now: datetime) -> datetime:
    """Return the latest time from `due_at` to `now` at which a report was due, in UTC; earlier times are skipped."""
    while (following := next_due(rhythm, hour, time_zone, due_at)) <= now:
        due_at = following
    return due_at


def period_of(rhythm: Rhythm, day_on: date) -> Period:
    """Return the days that a report sent on `day_on` covers: the previous day, seven days, or month."""
    if rhythm is Rhythm.MONTHLY:
        return last_month(day_on)
    days = 1 if rhythm is Rhythm.DAILY else DAYS_OF_WEEK
    return Period(day_on - timedelta(days=days), day_on - DAY)
