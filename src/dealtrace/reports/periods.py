"""The periods of reports, and the periods that they are compared with, in days of a site's time zone."""

import calendar
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from dealtrace.accounts.site_days import day_end, day_start, site_day
from dealtrace.dates_and_times import YEAR_FIRST, YEAR_MAX, YEAR_MIN, read_day
from dealtrace.errors import InvalidValue
from dealtrace.record import record

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
DAYS_DEFAULT = 28
DAYS_MAX = 36_600
"""Ours: the maximum number of days of a period, a hundred years; a longer period is probably a mistyped year."""
DAYS_OF_WEEK = 7
MONTHS = 12


def parse_day(text: str) -> date:
    """Parse a day, written `yyyy-mm-dd`.

    Raises:
        InvalidValue: the string is not a date, or its year is outside the allowed years.
    """
    day_on = read_day(text, YEAR_FIRST)
    if day_on is None:
        raise InvalidValue(
            f"нужна дата вида 2026-11-30, годы {YEAR_MIN}–{YEAR_MAX}",
            f"must be a date such as 2026-11-30, with a year from {YEAR_MIN} to {YEAR_MAX}",
        )
    return day_on


@record
class Period:
    """A period of whole days in a site's time zone; both ends are included."""

    first_on: date
    last_on: date

    @property
    def days(self) -> int:
        """Return the number of days."""
        return (self.last_on - self.first_on).days + 1

    def dates(self) -> Iterator[date]:
        """Yield each day of the period, in order."""
        return (self.first_on + timedelta(days=number) for number in range(self.days))


@record
class Span:
    """The part of a period that has passed.

    `since` and `until` are instants in UTC; `until` is exclusive. `days` is the same part in whole days, for costs,
    which are stored by day; it is `None` if the whole period lies in the future.
    """

    since: datetime
    until: datetime
    days: Period | None

    def soon_follows(self, earlier: "Span") -> bool:
        """Return whether this span begins after `earlier` ends, with a gap no longer than this span.

        The result is `False` if either span has no days, or if they have a day in common.
        """
        if self.days is None or earlier.days is None or self.days.first_on <= earlier.days.last_on:
            return False
        return timedelta(0) <= self.since - earlier.until <= self.until - self.since


class Comparison(StrEnum):
    """What a period is compared with: the days before, the same dates a year or months earlier, or the same weekdays.

    Ours: we added `MONTHS`. The 30 days before November begin on 2 October, but people who read a report
    of November expect it to be compared with October.
    """

    PREVIOUS = "previous"
    YEAR = "year"
    WEEKDAYS = "weekdays"
    MONTHS = "months"


def compared_period(period: Period, comparison: Comparison) -> Period:
    """Return the period that `period` is compared with."""
    counterpart = _counterpart(period, comparison)
    return Period(counterpart(period.first_on), counterpart(period.last_on))


def day_compared_with(period: Period, comparison: Comparison, day_on: date) -> date:
    """Return the day with which a day of the period is compared."""
    return _counterpart(period, comparison)(day_on)


def _counterpart(period: Period, comparison: Comparison) -> Callable[[date], date]:
    """Return a function that returns the day with which a day of the period is compared.

    Under `WEEKDAYS`, that day is whole weeks earlier: the smallest number of weeks that covers the whole period. Under
    `MONTHS`, it is whole months earlier: again the smallest number that covers the period.
    """
    match comparison:
        case Comparison.PREVIOUS:
            return lambda day_on: day_on - period.days * DAY
        case Comparison.WEEKDAYS:
            weeks = -(-period.days // DAYS_OF_WEEK)
            return lambda day_on: day_on - weeks * DAYS_OF_WEEK * DAY
        case Comparison.YEAR:
            return _year_before
        case Comparison.MONTHS:
            months = _months_back(period)
            return lambda day_on: _months_before(day_on, months, is_last=day_on == period.last_on)


def _months_back(period: Period) -> int:
    """Return the smallest number of months by which the last day of the period can be moved before the first day."""
    span = period.last_on.year * MONTHS + period.last_on.month - period.first_on.year * MONTHS - period.first_on.month
    is_before = _months_before(period.last_on, max(span, 1), is_last=True) < period.first_on
    return max(span, 1) if is_before else span + 1


def _months_before(day_on: date, months: int, *, is_last: bool) -> date:
    """Return the day `months` months earlier: the same day of the month, or the last day if the month is too short.

    The last day of a month becomes the last day of the earlier month if it is also the last day of the period
    (`is_last`), so that whole months are compared with whole months.
    """
    year, month = divmod(day_on.year * MONTHS + day_on.month - 1 - months, MONTHS)
    length = calendar.monthrange(year, month + 1)[1]
    ends_month = day_on.day == calendar.monthrange(day_on.year, day_on.month)[1]
    return date(year, month + 1, length if is_last and ends_month else min(day_on.day, length))


def _year_before(day_on: date) -> date:
    """Return the same date a year earlier; for 29 February, return 28 February."""
    year = day_on.year - 1
    return date(year, day_on.month, min(day_on.day, calendar.monthrange(year, day_on.month)[1]))


def span_of(period: Period, time_zone: ZoneInfo, now: datetime) -> Span:
    """Return the part of a period that has passed at `now`."""
    today = site_day(now, time_zone)
    if period.first_on > today:
        return Span(now, now, None)
    last_on = min(period.last_on, today)
    until = min(day_end(last_on, time_zone), now + INSTANT)
    return Span(day_start(period.first_on, time_zone), until, Period(period.first_on, last_on))


def _last_days(days: int) -> Callable[[date], Period]:
    return lambda today: Period(today - (days - 1) * DAY, today)


def _quarter(today: date) -> Period:
    return Period(date(today.year, (today.month - 1) // 3 * 3 + 1, 1), today)


def last_month(today: date) -> Period:
    """Return the calendar month before today's month."""
    last_on = today.replace(day=1) - DAY
    return Period(last_on.replace(day=1), last_on)


PRESETS: Mapping[str, Callable[[date], Period]] = {
    "today": _last_days(1),
    "yesterday": lambda today: Period(today - DAY, today - DAY),
    "7d": _last_days(7),
    "28d": _last_days(DAYS_DEFAULT),
    "90d": _last_days(90),
    "month": lambda today: Period(today.replace(day=1), today),
    "last_month": last_month,
    "quarter": _quarter,
    "year": lambda today: Period(date(today.year, 1, 1), today),
}
"""Named periods, each as a function of today's date."""
DEFAULT_PRESET = "28d"
MONTHLY_PRESETS = frozenset({"month", "last_month"})
"""The named periods that people compare with the month before."""


OFFSET_LASTS = 6 * DAY
"""The step in which changes in a zone's offset are searched for; no zone has kept an offset for a shorter time."""


def time_zone_offsets(time_zone: ZoneInfo, since: datetime, until: datetime) -> list[tuple[datetime, timedelta]]:
    """List the zone's offsets from UTC between `since` and `until`, each with the instant from which it applies."""
    found = [(since, _offset(time_zone, since))]
    at = since
    while at < until:
        after = min(at + OFFSET_LASTS, until)
        if (offset := _offset(time_zone, after)) != found[-1][1]:
            found.append((_change_between(time_zone, at, after), offset))
        at = after
    return found


def _change_between(time_zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the instant, a whole second, at which the zone's offset from UTC changes between `before` and `after`."""
    offset = _offset(time_zone, before)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0) if middle.replace(microsecond=0) > before else middle
        if _offset(time_zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0) if _offset(time_zone, after.replace(microsecond=0)) != offset else after


def _offset(time_zone: ZoneInfo, at: datetime) -> timedelta:
    offset = at.astimezone(UTC).astimezone(time_zone).utcoffset()
    assert offset is not None
    return offset
