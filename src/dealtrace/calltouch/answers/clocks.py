"""Format instants, days and durations for answers, and convert a request's local times to instants."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dealtrace.leads.wall_clock import EPOCH

_SECOND = timedelta(seconds=1)


def utc_of_wall_clock(wall_clock: datetime, time_zone: ZoneInfo) -> datetime:
    """Return the instant in UTC of a naive local time in `time_zone`.

    When clocks change, a time that occurs twice means its first occurrence, and a skipped time is moved forward.
    """
    return wall_clock.replace(tzinfo=time_zone).astimezone(UTC)


def epoch_ms(at: datetime) -> int:
    """Return an instant as milliseconds since 1970, rounded down to whole seconds."""
    return int((at - EPOCH).total_seconds()) * 1000


def epoch_seconds(at: datetime) -> int:
    """Return an instant as seconds since 1970."""
    return epoch_ms(at) // 1000


def dotted_day(at: datetime, time_zone: ZoneInfo) -> str:
    """Format the day of an instant in the site's time zone as `dd.mm.yyyy`."""
    day = at.astimezone(time_zone)
    return f"{day.day:02}.{day.month:02}.{day.year:04}"


def slashed_clock(at: datetime, time_zone: ZoneInfo) -> str:
    """Format an instant in the site's time zone as `dd/mm/yyyy hh:mm:ss`."""
    clock = at.astimezone(time_zone)
    return f"{clock.day:02}/{clock.month:02}/{clock.year:04} {clock.hour:02}:{clock.minute:02}:{clock.second:02}"


def slashed_clock_or_none(at: datetime | None, time_zone: ZoneInfo) -> str | None:
    """Format an instant like `slashed_clock`, or return `None` for `None`."""
    return slashed_clock(at, time_zone) if at is not None else None


def dashed_clock(at: datetime, time_zone: ZoneInfo) -> str:
    """Format an instant in the site's time zone as `yyyy-mm-dd hh:mm:ss`."""
    clock = at.astimezone(time_zone)
    return f"{clock.year:04}-{clock.month:02}-{clock.day:02} {clock.hour:02}:{clock.minute:02}:{clock.second:02}"


def dotted_clock(at: datetime, time_zone: ZoneInfo) -> str:
    """Format an instant in the site's time zone as `dd.mm.yyyy hh:mm:ss`."""
    return f"{at.astimezone(time_zone):%d.%m.%Y %H:%M:%S}"


def whole_seconds(duration: timedelta | None) -> int:
    """Return a duration in whole seconds, or 0 if it is unknown."""
    return duration // _SECOND if duration is not None else 0


def day_first_clock(at: datetime, time_zone: ZoneInfo) -> str:
    """Format an instant in the site's time zone as `dd-mm-yyyy hh:mm:ss`."""
    clock = at.astimezone(time_zone)
    return f"{clock.day:02}-{clock.month:02}-{clock.year:04} {clock.hour:02}:{clock.minute:02}:{clock.second:02}"
