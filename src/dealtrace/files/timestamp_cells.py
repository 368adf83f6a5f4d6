"""Parse dates and times as people, programs and spreadsheets write them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dealtrace.dates_and_times import (
    YEAR_MAX,
    YEAR_MIN,
    ClockForm,
    FirstPart,
    read_day,
    read_exact_clock,
    read_exact_time,
    read_instant,
)
from dealtrace.errors import InvalidValue
from dealtrace.files.cell_types import cell_text
from dealtrace.files.row import Cell, NumberOf1904
from dealtrace.record import record

DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock
"""The day that spreadsheets store as 0: they store a date as the number of days since then."""
DAY_ZERO_OF_1904 = datetime(1904, 1, 1)  # noqa: DTZ001 - a wall clock
_MILLISECONDS_A_DAY = 24 * 60 * 60 * 1000
_DAYS_BELOW = 10**9
"""A number below this counts days, as in spreadsheets; a larger number counts seconds or milliseconds since 1970."""
_FORMS = (ClockForm(FirstPart.DAY, "./-"), ClockForm(FirstPart.YEAR, "-./"))


@record
class TimestampCell:
    """A cell with a date and time, or with a date alone if the time is in another column."""

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return "date and time"

    def read(self, cell: Cell) -> datetime | date:
        """Return a date, or a date and time with fractions of a second (naive unless the cell has an offset)."""
        try:
            timestamp = _parse_timestamp(cell)
        except (ValueError, OverflowError):
            timestamp = None
        if timestamp is None or not YEAR_MIN <= timestamp.year <= YEAR_MAX:
            raise InvalidValue(
                f"ожидается дата и время с {YEAR_MIN} по {YEAR_MAX} год, например 26.03.2018 10:00:00",
                f"expected a date and time between {YEAR_MIN} and {YEAR_MAX}, such as 26.03.2018 10:00:00",
            )
        return timestamp


@record
class TimeOfDayCell:
    """A cell with a time of day, in a table whose dates are in another column."""

    @property
    def form(self) -> str:
        """Return a description of the accepted values."""
        return "time"

    def read(self, cell: Cell) -> time:
        """Return the time of day, naive and with fractions of a second, because the end of a call depends on them."""
        if isinstance(cell, time | datetime):
            return cell if isinstance(cell, time) else cell.time()
        parsed = read_exact_time(cell_text(cell))
        if parsed is None:
            raise InvalidValue("ожидается время, например 10:00:00", "expected a time, such as 10:00:00")
        return parsed


def utc_of_timestamp(timestamp: datetime | date, time_of_day: time | None, time_zone: ZoneInfo) -> datetime | None:
    """Return a timestamp in UTC, or `None` for a date without a time of day; a naive timestamp is in `time_zone`.

    When clocks change, a local time that occurs twice means its first occurrence, and a skipped time is moved forward.
    """
    if not isinstance(timestamp, datetime):
        if time_of_day is None:
            return None
        timestamp = datetime.combine(timestamp, time_of_day)
    elif time_of_day is not None and timestamp.tzinfo is None and timestamp.time() == time.min:
        timestamp = datetime.combine(timestamp, time_of_day)
    return (timestamp if timestamp.tzinfo is not None else timestamp.replace(tzinfo=time_zone)).astimezone(UTC)


def _parse_timestamp(cell: Cell) -> datetime | date | None:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool) and cell < _DAYS_BELOW:
        return _day_of(cell)
    text = cell_text(cell)
    return read_exact_clock(text, *_FORMS) or read_day(text, *_FORMS) or read_instant(text, *_FORMS)


def _day_of(number: float) -> datetime:
    """Return the date and time that a spreadsheet stores as a number of days, naive and rounded to the millisecond."""
    day_zero = DAY_ZERO_OF_1904 if isinstance(number, NumberOf1904) else DAY_ZERO
    return day_zero + timedelta(milliseconds=round(number * _MILLISECONDS_A_DAY))
