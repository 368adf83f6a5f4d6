"""Days of a site, which are calendar days in its time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def site_day(at: datetime, time_zone: ZoneInfo) -> date:
    """Return the calendar day in `time_zone` on which `at` falls."""
    return at.astimezone(time_zone).date()


def day_start(day_on: date, time_zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which a day of a site begins.

    If a clock change skips midnight, the day begins at the change; if midnight occurs twice, it begins at the first.
    """
    return datetime.combine(day_on, time(), time_zone).astimezone(UTC)


def day_end(day_on: date, time_zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which the next day of a site begins."""
    return day_start(day_on + timedelta(days=1), time_zone)
