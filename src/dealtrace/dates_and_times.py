"""Parse local dates and times in the formats that people and programs write; each caller chooses which to accept."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import Enum

from dealtrace.plain_text import visible

YEAR_MIN = 1990
YEAR_MAX = 2100
"""The latest year of a date; one before `YEAR_MIN` or after `YEAR_MAX` is probably a mistake."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY, _MONTH, _YEAR = "(?P<day>[0-9]{1,2})", "(?P<month>[0-9]{1,2})", "(?P<year>[0-9]{4})"
_SECOND = "(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?"
_TIME = f"(?P<hour>[0-9]{{1,2}}):(?P<minute>[0-9]{{2}}){_SECOND}"
_CLOCK_PARTS = ("year", "month", "day", "hour", "minute", "second", "fraction")
_TIME_OF_DAY = re.compile(_TIME)
_GAP = "(?:,? +|T)"
_MIDNIGHT = re.compile(rf"{_GAP}0{{1,2}}:00(?::00(?:[.,]0+)?)?\Z")
_OFFSET = r"(?P<sign>[+\-\u2212])(?P<hours>[0-9]{1,2})(?::?(?P<minutes>[0-5][0-9]))?"
_ZONED = re.compile(rf"(?P<clock>.*[0-9]) ?(?:[Zz]|UTC|GMT|(?:UTC|GMT)?{_OFFSET})")
_SINCE_1970 = re.compile(r"(?P<number>[0-9]{10}|[0-9]{13})(?:[.,](?P<fraction>[0-9]+))?")
_SECONDS_DIGITS = 10
"""How many digits the seconds since 1970 have; a count of milliseconds has three more."""
OFFSET_HOURS_MAX = 14
"""Ours: the largest offset from UTC that is accepted, in hours; no time zone has a larger one."""
_GROUP_NAME = re.compile(r"\?P<[a-z]+>")


class FirstPart(Enum):
    """The part (day, month or year) that a date begins with.

    Each value has the patterns of all three parts, in the order in which such a date has them.
    """

    DAY = (_DAY, _MONTH, _YEAR)
    MONTH = (_MONTH, _DAY, _YEAR)
    YEAR = (_YEAR, _MONTH, _DAY)


@dataclass(frozen=True)
class ClockForm:
    """A date format: which part comes first, and the allowed separators.

    Both separators of a date must be the same.
    """

    begins_with: FirstPart
    separators: str
    day: re.Pattern[str] = field(init=False, repr=False)
    clock: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compile the regular expressions for this format."""
        first, second, third = self.begins_with.value
        mark = re.escape(self.separators)
        marks = (mark, mark) if len(self.separators) == 1 else (f"(?P<mark>[{mark}])", "(?P=mark)")
        day = f"{first}{marks[0]}{second}{marks[1]}{third}"
        object.__setattr__(self, "day", re.compile(day))
        object.__setattr__(self, "clock", re.compile(f"{day}{_GAP}{_TIME}"))


YEAR_FIRST = ClockForm(FirstPart.YEAR, "-")
"""The form of ISO dates, `2018-03-26`."""


def read_clock(text: str, *forms: ClockForm) -> datetime | None:
    """Parse a date and time in one of the `forms` as a naive datetime in whole seconds; other strings give `None`.

    Ours: day, month and hour may have a single digit, seconds may be missing, and fractions of a second are cut off.
    Blanks and invisible characters around the text are ignored.
    """
    exact = read_exact_clock(text, *forms)
    return exact.replace(microsecond=0) if exact is not None and exact.microsecond else exact


def read_exact_clock(text: str, *forms: ClockForm) -> datetime | None:
    """Parse a date and time as `read_clock` does, but with fractions of a second, to the microsecond."""
    for form in forms:
        found = form.clock.fullmatch(text)
        if found is not None:
            year, month, day, hour, minute, second, fraction = found.group(*_CLOCK_PARTS)
            clock = _clock(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
            return clock.replace(microsecond=_microseconds(fraction)) if clock is not None else None
    shown = visible(text).strip()
    return read_exact_clock(shown, *forms) if shown != text else None


def read_instant(text: str, *forms: ClockForm) -> datetime | None:
    """Parse a date and time with a time zone, or a Unix timestamp, as an instant; other strings give `None`.

    Ours: a time zone is `Z`, `UTC`, `GMT` or an offset, after a date and time in one of the `forms`. A timestamp is ten
    digits for seconds or thirteen digits for milliseconds. The instant is aware and has fractions of a second.
    """
    shown = visible(text).strip()
    if (counted := _SINCE_1970.fullmatch(shown)) is not None:
        return _counted(counted["number"], counted["fraction"] or "")
    stated = _ZONED.fullmatch(shown)
    if stated is None or (clock := read_exact_clock(stated["clock"], *forms)) is None:
        return None
    offset = timedelta(hours=int(stated["hours"] or 0), minutes=int(stated["minutes"] or 0))
    if offset > timedelta(hours=OFFSET_HOURS_MAX):
        return None
    return clock.replace(tzinfo=timezone(offset if stated["sign"] == "+" else -offset))


def read_day(text: str, *forms: ClockForm) -> date | None:
    """Return the date in a string, or `None` if the string is not a date in one of the `forms`.

    Ours: midnight after the date is ignored, since 1C writes a day as `26.03.2018 0:00:00`.
    """
    for form in forms:
        found = form.day.fullmatch(text)
        if found is not None:
            clock = _clock(*map(int, found.group("year", "month", "day")))
            return clock.date() if clock is not None else None
    shown = _MIDNIGHT.sub("", visible(text).strip())
    return read_day(shown, *forms) if shown != text else None


def read_time(text: str) -> time | None:
    """Return the time of day in a string, in whole seconds, or `None` if the string is not a time."""
    exact = read_exact_time(text)
    return exact.replace(microsecond=0) if exact is not None else None


def read_exact_time(text: str) -> time | None:
    """Return the time of day in a string, to the microsecond, or `None` if the string is not a time."""
    found = _TIME_OF_DAY.fullmatch(visible(text).strip())
    if found is None:
        return None
    try:
        return time(
            int(found["hour"]), int(found["minute"]), int(found["second"] or 0), _microseconds(found["fraction"])
        )
    except ValueError:
        return None


def cut_to_second(at: datetime) -> datetime:
    """Return an instant rounded down to the second, so that a lead is never later than a deal made right after it."""
    return at.replace(microsecond=0)


def whole_span(started_at: datetime, duration: timedelta) -> tuple[datetime, timedelta]:
    """Return a start and a duration in whole seconds; the start and the end are each rounded down."""
    start = cut_to_second(started_at)
    return start, cut_to_second(started_at + duration) - start


def json_pattern(pattern: re.Pattern[str]) -> str:
    """Return a Python regular expression converted to the syntax of JSON Schema."""
    return f"^{_GROUP_NAME.sub('', pattern.pattern)}$"


TIME_PATTERN = json_pattern(_TIME_OF_DAY)


def _microseconds(fraction: str | None) -> int:
    """Return the digits after the decimal point of a number of seconds, converted to microseconds."""
    return int(fraction[:6].ljust(6, "0")) if fraction else 0


def _counted(number: str, fraction: str) -> datetime:
    """Return the instant, to the microsecond, of a Unix timestamp in seconds or milliseconds."""
    digits = f"{number}{fraction}".ljust(_SECONDS_DIGITS + 6, "0")
    seconds, microseconds = digits[:_SECONDS_DIGITS], digits[_SECONDS_DIGITS : _SECONDS_DIGITS + 6]
    return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(microseconds))


def _clock(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime | None:
    if not YEAR_MIN <= year <= YEAR_MAX:
        return None
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - a wall clock
    except ValueError:
        return None
