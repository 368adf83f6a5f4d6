"""Keys of time dimensions such as days and weeks: integers in SQL statements, strings in answers.

A day is its proleptic Gregorian ordinal, as in the database: 1 is Monday, 1 January of the year 1.
"""

from collections.abc import Callable, Mapping
from datetime import date

from dealtrace.errors import InvalidValue
from dealtrace.record import record
from dealtrace.reports.periods import DAYS_OF_WEEK, MONTHS, Period

HOURS = 24
MONTHS_OF_QUARTER = 3


@record
class TimeKeys:
    """The functions that convert the keys of a time dimension, and an example of a key as a string.

    `number_of` returns the key of a day as a number. For hours, `number_of` is `None`, since a day has every hour.
    `text_of` converts the number to a string, and `parse` converts the string back.

    Raises:
        ValueError: from `parse`, if the string is not a key.
    """

    number_of: Callable[[date], int] | None
    text_of: Callable[[int], str]
    parse: Callable[[str], int]
    example: str


def _month_text(number: int) -> str:
    return f"{number // MONTHS:04}-{number % MONTHS + 1:02}"


def _quarter_text(number: int) -> str:
    quarters = MONTHS // MONTHS_OF_QUARTER
    return f"{number // quarters:04}-Q{number % quarters + 1}"


def _week_text(number: int) -> str:
    year, week, _ = date.fromordinal(number * DAYS_OF_WEEK + 1).isocalendar()
    return f"{year:04}-W{week:02}"


def _month_number(day_on: date) -> int:
    return day_on.year * MONTHS + day_on.month - 1


def _week_number(day_on: date) -> int:
    return (day_on.toordinal() - 1) // DAYS_OF_WEEK


def _quarter_number(day_on: date) -> int:
    return _month_number(day_on) // MONTHS_OF_QUARTER


def _parse_week(text: str) -> int:
    year, week = text.split("-W")
    return _week_number(date.fromisocalendar(int(year), int(week), 1))


def _parse_quarter(text: str) -> int:
    year, quarter = text.split("-Q")
    return _quarter_number(date(int(year), (int(quarter) - 1) * MONTHS_OF_QUARTER + 1, 1))


def _one_of(numbers: range) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if int(text) not in numbers:
            raise ValueError(text)
        return int(text)

    return parse


_HOUR = TimeKeys(None, lambda number: f"{number:02}", _one_of(range(HOURS)), "09")
TIME_KEYS: Mapping[str, TimeKeys] = {
    "hour": _HOUR,
    "own_hour": _HOUR,
    "weekday": TimeKeys(date.isoweekday, str, _one_of(range(1, DAYS_OF_WEEK + 1)), "1"),
    "day": TimeKeys(
        date.toordinal,
        lambda number: date.fromordinal(number).isoformat(),
        lambda text: date.fromisoformat(text).toordinal(),
        "2026-11-30",
    ),
    "week": TimeKeys(_week_number, _week_text, _parse_week, "2026-W48"),
    "month": TimeKeys(
        _month_number, _month_text, lambda text: _month_number(date.fromisoformat(f"{text}-01")), "2026-11"
    ),
    "quarter": TimeKeys(_quarter_number, _quarter_text, _parse_quarter, "2026-Q4"),
}
"""How the keys of each time dimension are converted, by the name of the dimension."""


def keys_of_period(name: str, period: Period) -> dict[str, int]:
    """Return the keys of a time dimension in a period, in order of time: each key as a string, with its number."""
    keys = TIME_KEYS[name]
    if keys.number_of is None:
        return {keys.text_of(hour): hour for hour in range(HOURS)}
    numbers = sorted({keys.number_of(day_on) for day_on in period.dates()})
    return {keys.text_of(number): number for number in numbers}


def days_of_times(name: str, period: Period) -> dict[int, Period]:
    """Return which days of a period belong to each time of a dimension, such as each week; empty for hours.

    The times are given by their keys, as numbers.
    """
    number_of = TIME_KEYS[name].number_of
    if number_of is None:
        return {}
    found: dict[int, Period] = {}
    for day_on in period.dates():
        number = number_of(day_on)
        found[number] = Period(found[number].first_on if number in found else day_on, day_on)
    return found


def number_of_key(name: str, text: str) -> int:
    """Return the key `text` of the time dimension `name` as a number.

    Raises:
        InvalidValue: the string is not a key of the dimension.
    """
    keys = TIME_KEYS[name]
    try:
        number = keys.parse(text)
        is_key = keys.text_of(number) == text
    except (ValueError, OverflowError):
        is_key = False
    if not is_key:
        raise InvalidValue(
            f"«{text}»: нужно, например, {keys.example}", f"“{text}”: write it in the form {keys.example}"
        )
    return number
