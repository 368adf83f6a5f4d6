"""A site's local time in SQL: hours, days and other periods as integers, which all engines compute identically."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, case, literal

from dealtrace.dates_and_times import EPOCH
from dealtrace.record import record
from dealtrace.reports.periods import DAYS_OF_WEEK, MONTHS, time_zone_offsets
from dealtrace.reports.time_keys import HOURS, MONTHS_OF_QUARTER
from dealtrace.storage.database.column_types import MICROSECOND, microseconds
from dealtrace.storage.reports.sql_functions import month_of
from dealtrace.storage.reports.statement_types import Expression, Parameters, parameter

Number = Expression
DAY_LENGTH = timedelta(days=1) // MICROSECOND
HOUR_LENGTH = timedelta(hours=1) // MICROSECOND
EPOCH_ORDINAL = EPOCH.toordinal()
_MARCH_OF_YEAR_0 = 305
"""The number of days from 1 March of the year 0 to the day with the ordinal 0."""
_ERA_DAYS, _ERA_YEARS = 146_097, 400
_CENTURY_DAYS, _LEAP_DAYS, _YEAR_DAYS = 36_524, 1_460, 365


@record
class Offsets:
    """The UTC offsets of a time zone in a period: the first, then the instant and offset of each change.

    All numbers are microseconds.
    """

    first: int
    changes: tuple[tuple[int, int], ...]

    def parameters(self, name: str) -> Parameters:
        """Return the parameters that the SQL of `LocalTime(name, …)` needs: the offsets, and when they change."""
        return _parameters(self, name)

    def within(self, since: datetime, until: datetime) -> "Offsets":
        """Return the offsets that apply from `since` on and before `until`.

        Other offsets are left out because each change of the offset takes DuckDB time to plan, even if no row needs it.
        """
        start, end = microseconds(since), microseconds(until)
        earlier = [offset for at, offset in self.changes if at <= start]
        return Offsets((self.first, *earlier)[-1], tuple(each for each in self.changes if start < each[0] < end))


@lru_cache(maxsize=256)
def _parameters(offsets: Offsets, name: str) -> Parameters:
    """Return what `Offsets.parameters` returns, from a cache, because the offsets in every statement cover decades."""
    given = {_offset_name(name, 0): offsets.first}
    for place, (at, offset) in enumerate(offsets.changes, start=1):
        given |= {_change_name(name, place): at, _offset_name(name, place): offset}
    return MappingProxyType(given)


def _offset_name(name: str, place: int) -> str:
    return f"{name}_offset_{place}"


def _change_name(name: str, place: int) -> str:
    return f"{name}_change_{place}"


class LocalTime:
    """SQL expressions for local time in a period in which the UTC offset changes `changes` times.

    The offsets are statement parameters, whose names begin with `name`.
    """

    def __init__(self, name: str, changes: int) -> None:
        self._offsets = [parameter(_offset_name(name, place)) for place in range(changes + 1)]
        self._changes = [parameter(_change_name(name, place)) for place in range(1, changes + 1)]

    def hour(self, at: Number) -> Number:
        """Return the SQL expression for the local hour of an instant, 0 to 23."""
        return self._since_year_1(at) // _number(HOUR_LENGTH) % _number(HOURS)

    def ordinal(self, at: Number) -> Number:
        """Return the SQL expression for the local day of an instant, as the number that `date.toordinal` returns."""
        return self._since_year_1(at) // _number(DAY_LENGTH)

    def _since_year_1(self, at: Number) -> Number:
        """Return the microseconds of local time since the day before 1 January of year 1.

        The number is never negative, so that all engines divide it identically.
        """
        return at + self._offset(at) + _number(EPOCH_ORDINAL * DAY_LENGTH)

    def _offset(self, at: Number) -> Number:
        if not self._changes:
            return self._offsets[0]
        before_next = zip(self._changes, self._offsets[:-1], strict=True)
        return case(*((at < change, offset) for change, offset in before_next), else_=self._offsets[-1])


_YEARS_OF_VISITS = 3


def offsets_of_visits(time_zone: ZoneInfo, since: datetime | None, until: datetime) -> Offsets:
    """Return the UTC offsets of a time zone that apply to the visits of leads, if the leads began before `until`.

    `since` is the time of the first visit, `None` if there is none. A visit may begin after its lead. Ours: we assume
    that it begins no later than two years after the year of `until`. The offsets cover whole years, so that they are
    computed only once a year.
    """
    if since is None:
        return offsets_between(time_zone, until, until)
    end = datetime(until.year + _YEARS_OF_VISITS, 1, 1, tzinfo=UTC)
    return offsets_between(time_zone, datetime(since.year, 1, 1, tzinfo=UTC), end)


@lru_cache(maxsize=256)
def offsets_between(time_zone: ZoneInfo, since: datetime, until: datetime) -> Offsets:
    """Return the UTC offsets of a time zone between two instants."""
    (_, first), *changes = time_zone_offsets(time_zone, since, max(since, until))
    return Offsets(first // MICROSECOND, tuple((microseconds(at), offset // MICROSECOND) for at, offset in changes))


def _number(value: int) -> Number:
    return literal(value, BigInteger)


def _weekday(ordinal: Number) -> Number:
    return (ordinal - 1) % _number(DAYS_OF_WEEK) + 1


def _week(ordinal: Number) -> Number:
    return (ordinal - 1) // _number(DAYS_OF_WEEK)


def _month(ordinal: Number) -> Number:
    """Return the number of months since the year 0, in the Gregorian calendar."""
    return month_of(ordinal, _computed_month(ordinal))


def _computed_month(ordinal: Number) -> Number:
    """Return the SQL expression that computes `_month` from whole numbers alone.

    Years begin in March, so that the leap day comes last; months then repeat in groups of five with 153 days.
    """
    days = ordinal + _number(_MARCH_OF_YEAR_0)
    era = days // _number(_ERA_DAYS)
    day = days - era * _number(_ERA_DAYS)
    leaps = day // _number(_LEAP_DAYS) - day // _number(_CENTURY_DAYS) + day // _number(_ERA_DAYS - 1)
    year = (day - leaps) // _number(_YEAR_DAYS)
    day_of_year = day - (_number(_YEAR_DAYS) * year + year // _number(4) - year // _number(100))
    month_from_march = (_number(5) * day_of_year + _number(2)) // _number(153)
    return (year + era * _number(_ERA_YEARS)) * _number(MONTHS) + month_from_march + _number(2)


KEYS_OF_DAY: Mapping[str, Callable[[Number], Number]] = {
    "weekday": _weekday,
    "day": lambda ordinal: ordinal,
    "week": _week,
    "month": _month,
    "quarter": lambda ordinal: _month(ordinal) // _number(MONTHS_OF_QUARTER),
}
"""For each time dimension, a function from a day's ordinal to a key; `reports/time_keys.py` has the rules."""
