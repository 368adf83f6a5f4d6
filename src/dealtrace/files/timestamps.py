"""Dates and times as people, programs and spreadsheets write them, on the clock of the site."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dealtrace.errors import InvalidValue
from dealtrace.files.cell_types import text_of
from dealtrace.files.row import Cell
from dealtrace.record import record

YEAR_MIN = 1990
YEAR_MAX = 2100
DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock
"""From here spreadsheets count their days."""
SECONDS_DIGITS = 10
MILLISECONDS_DIGITS = 13

_DAY_FIRST = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2([0-9]{4})(?:(?:,? +|T)([0-9:]+))?")
_YEAR_FIRST = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ].+)?")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")


@record
class TimestampCell:
    """A date and time; a date alone is read as one, since a column of its own may tell the time."""

    @property
    def form(self) -> str:
        """Describe a moment."""
        return "date and time"

    def read(self, cell: Cell) -> datetime | date:
        """Read a wall clock of the site (naive), an instant (aware), or a day."""
        try:
            moment = _moment(cell)
        except (ValueError, OverflowError):
            moment = None
        if moment is None or not YEAR_MIN <= moment.year <= YEAR_MAX:
            raise InvalidValue(
                f"ожидается дата и время с {YEAR_MIN} по {YEAR_MAX} год, например 26.03.2018 10:00:00",
                f"a date and time of {YEAR_MIN} to {YEAR_MAX} is expected, such as 26.03.2018 10:00:00",
            )
        return moment


@record
class TimeOfDay:
    """A time of day, beside a column of dates."""

    @property
    def form(self) -> str:
        """Describe a time of day."""
        return "time"

    def read(self, cell: Cell) -> time:
        """Read the time."""
        if isinstance(cell, time | datetime):
            return (cell if isinstance(cell, time) else cell.time()).replace(microsecond=0)
        try:
            read = _clock(text_of(cell))
        except ValueError:
            read = None
        if read is None:
            raise InvalidValue("ожидается время, например 10:00:00", "a time is expected, such as 10:00:00")
        return read


def instant_of(moment: datetime | date, time_of_day: time | None, time_zone: ZoneInfo) -> datetime | None:
    """Tell the instant of a moment: an ambiguous hour is the first, a skipped one moves forward.

    `None` if it is a day and nobody tells the time: a lead at the wrong hour would find the wrong deals.
    """
    if not isinstance(moment, datetime):
        if time_of_day is None:
            return None
        moment = datetime.combine(moment, time_of_day)
    elif time_of_day is not None and moment.tzinfo is None and moment.time() == time.min:
        moment = datetime.combine(moment, time_of_day)
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=time_zone)).astimezone(UTC)


def _moment(cell: Cell) -> datetime | date | None:
    if isinstance(cell, datetime):
        return _to_the_second(cell)
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool) and cell < 10 ** (SECONDS_DIGITS - 1):
        return _to_the_second(DAY_ZERO + timedelta(days=cell))
    return _written(text_of(cell))


def _written(text: str) -> datetime | date | None:
    if text.isascii() and text.isdigit():
        return _since_1970(text)
    if (parts := _DAY_FIRST.fullmatch(text)) is not None:
        day, _, month, year, clock = parts.groups()
        on = date(int(year), int(month), int(day))
        if clock is None:
            return on
        read = _clock(clock)
        return datetime.combine(on, read) if read is not None else None
    if _YEAR_FIRST.fullmatch(text) is None:
        return None
    return date.fromisoformat(text) if len(text) == len("2018-03-26") else _to_the_second(datetime.fromisoformat(text))


def _since_1970(digits: str) -> datetime | None:
    if len(digits) == SECONDS_DIGITS:
        return datetime.fromtimestamp(int(digits), UTC)
    if len(digits) == MILLISECONDS_DIGITS:
        return datetime.fromtimestamp(int(digits) // 1000, UTC)
    return None


def _clock(text: str) -> time | None:
    parts = _CLOCK.fullmatch(text)
    if parts is None:
        return None
    hour, minute, second = (int(part or 0) for part in parts.groups())
    return time(hour, minute, second)


def _to_the_second(moment: datetime) -> datetime:
    """Round to a second: spreadsheets count in fractions of a day, which never end on one."""
    return (moment + timedelta(milliseconds=500)).replace(microsecond=0)
