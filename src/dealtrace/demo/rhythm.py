"""The calendar of the demo's company: seasons, weekdays, hours, a quiet weekend and a week without calls."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from math import cos, tau
from random import Random
from zoneinfo import ZoneInfo

from dealtrace.record import record

DAYS = 365
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
SATURDAY = 5
WEEKDAY_WEIGHTS = (1.12, 1.1, 1.06, 1.04, 0.98, 0.78, 0.82)
"""The weights of the weekdays, from Monday to Sunday."""
HOUR_WEIGHTS = (4, 2, 1, 1, 1, 2, 6, 14, 30, 52, 66, 70, 68, 62, 64, 62, 58, 54, 52, 54, 58, 54, 36, 14)
SEASON_SWING = 0.22
BUSIEST_DAY = 245
"""The day of the year, in early September, with the highest number of orders."""
QUIET_WEIGHT = 0.08
QUIET_WEEKS_AGO = 7
BROKEN_WEEKS_AGO = 2
OPENS, CLOSES = time(9, 30), time(19)
"""The working hours of the company."""
ANSWERED_HOURS = range(9, 21)
"""The hours in which calls are answered."""


@record
class Calendar:
    """The days of a year that ends today, in a time zone.

    On the weekend that begins on `quiet_on` there are hardly any visitors. In the week that begins on `broken_on` the
    PBX reports no calls.
    """

    time_zone: ZoneInfo
    days: tuple[date, ...]
    day_weights: tuple[float, ...]
    quiet_on: date
    broken_on: date

    @property
    def last_on(self) -> date:
        """Return the last day of the year."""
        return self.days[-1]

    def draw(self, random: Random) -> datetime:
        """Return a random instant of the year, weighted by days and hours."""
        (day,) = random.choices(self.days, cum_weights=self.day_weights)
        return self.draw_on(random, day)

    def draw_on(self, random: Random, day: date) -> datetime:
        """Return a random instant of a day, weighted by hours."""
        (hour,) = random.choices(range(24), HOUR_WEIGHTS)
        second = random.randrange(3600)
        return datetime.combine(day, time(hour, second // 60, second % 60), self.time_zone).astimezone(UTC)

    def at_work(self, random: Random, at: datetime) -> datetime:
        """Return `at` if it is in working hours, or else a random instant in the first hour after the next opening."""
        local = at.astimezone(self.time_zone)
        if OPENS <= local.time() < CLOSES:
            return at
        day = local.date() if local.time() < OPENS else local.date() + DAY
        opens = datetime.combine(day, OPENS, self.time_zone).astimezone(UTC)
        return opens + timedelta(seconds=random.randrange(3600))

    def is_open(self, at: datetime) -> bool:
        """Return whether calls are answered at an instant."""
        return at.astimezone(self.time_zone).hour in ANSWERED_HOURS

    def is_quiet(self, at: datetime) -> bool:
        """Return whether an instant falls on the one quiet weekend of the demo."""
        return self.quiet_on <= at.astimezone(self.time_zone).date() < self.quiet_on + 2 * DAY

    def is_broken(self, at: datetime) -> bool:
        """Return whether an instant is in the week in which the PBX reports no calls."""
        return self.broken_on <= at.astimezone(self.time_zone).date() < self.broken_on + WEEK


def make_calendar(last_on: date, time_zone: ZoneInfo) -> Calendar:
    """Return the calendar of the year that ends on a day.

    The week in which the PBX reports no calls lies within the last 28 days of the year. The weekend with hardly any
    visitors lies within the 28 days before these.
    """
    days = tuple(last_on - (DAYS - 1 - place) * DAY for place in range(DAYS))
    monday = last_on - last_on.weekday() * DAY
    quiet_on = monday - QUIET_WEEKS_AGO * WEEK + SATURDAY * DAY
    weights = (_weight(day) * (QUIET_WEIGHT if quiet_on <= day < quiet_on + 2 * DAY else 1) for day in days)
    return Calendar(time_zone, days, tuple(accumulate(weights)), quiet_on, monday - BROKEN_WEEKS_AGO * WEEK)


def _weight(day: date) -> float:
    season = 1 + SEASON_SWING * cos(tau * (day.timetuple().tm_yday - BUSIEST_DAY) / DAYS)
    return WEEKDAY_WEIGHTS[day.weekday()] * season
