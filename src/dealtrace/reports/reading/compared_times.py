"""Find the days with which each time of a report, such as a month, is compared; two months often differ in length."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from dealtrace.accounts.site_days import day_end, day_start, site_day
from dealtrace.errors import Language
from dealtrace.record import record
from dealtrace.reports.answer import ByModel, Report
from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.facts import Fact
from dealtrace.reports.measures import Measure
from dealtrace.reports.metrics import CLICKS, COST, DEALS, LEADS, VISITS
from dealtrace.reports.periods import (
    DAY,
    INSTANT,
    Comparison,
    Period,
    Span,
    compared_period,
    day_compared_with,
    span_of,
)
from dealtrace.reports.pivot import Pivot
from dealtrace.reports.question import Question
from dealtrace.reports.time_keys import TIME_KEYS, days_of_times

TIMES_KEPT = 64
"""How many results of `compared_times` are kept: a table needs the same result for every row."""
TIMES_SUSPECTED = Fraction(3, 2)
"""The growth above which `may_lack_data` suspects that the compared period lacks data."""


@record
class ComparedTime:
    """What a time of a report, such as a month, is compared with: the key of the earlier time, and its counted days.

    `days` is `None` if no day of the earlier time is counted. `is_whole` is true if all of its days are counted.
    `own_days` is the number of days of the report's own time that are counted. `has_data` is false if nothing was
    counted until the end of the earlier time: there is nothing to compare with, and a rise from nothing would mean
    nothing.
    """

    key: str
    days: Period | None
    is_whole: bool
    own_days: int
    has_data: bool = True

    @property
    def differs(self) -> bool:
        """Return whether the report's time and the earlier one have different numbers of counted days."""
        return self.days is None or self.days.days != self.own_days


ComparedTimes = Mapping[str, ComparedTime]
"""What each time of one dimension is compared with, by the key of the time."""


@lru_cache(TIMES_KEPT)
def compared_times(
    dimension: Dimension, period: Period, comparison: Comparison, today: date | None, counted_since: date | None = None
) -> ComparedTimes:
    """Return what each time of a dimension is compared with; `today` is the current day at the site.

    `counted_since` is the first day with data, if it is a day of the compared period.

    Times are compared by position, the first of a period with the first of the compared period. Hours and weekdays are
    compared with themselves, so they are left out, as are future days.
    """
    number_of = TIME_KEYS[dimension.name].number_of if dimension.kind is Kind.CALENDAR else None
    if number_of is None or today is None or period.first_on > today:
        return {}
    before = compared_period(period, comparison)
    shift = number_of(period.first_on) - number_of(before.first_on)
    passed = Period(period.first_on, min(period.last_on, today))
    last_on = before.last_on if period.last_on < today else day_compared_with(period, comparison, today)
    own = days_of_times(dimension.name, passed)
    earlier = days_of_times(dimension.name, Period(before.first_on, last_on))
    text_of, found = TIME_KEYS[dimension.name].text_of, {}
    for number in sorted({*own, *(other + shift for other in earlier)}):
        days = earlier.get(number - shift)
        is_whole = days is not None and number - shift not in (
            number_of(days.first_on - DAY),
            number_of(days.last_on + DAY),
        )
        own_days = own[number].days if number in own else 0
        has_data = days is not None and (counted_since is None or days.last_on >= counted_since)
        found[text_of(number)] = ComparedTime(text_of(number - shift), days, is_whole, own_days, has_data)
    return found


def compared_times_of(answered: Report | Pivot) -> Mapping[Dimension, ComparedTimes]:
    """Return what the times of a report or a pivot are compared with, by dimension; empty without a comparison."""
    if isinstance(answered, Pivot):
        report, dimensions = answered.report, (*answered.report.question.by, answered.dimension)
    else:
        report, dimensions = answered, answered.question.by
    comparison, period = report.question.comparison, report.question.period
    if comparison is None or report.compared_period is None:
        return {}
    since = report.counted_since
    found = {each: compared_times(each, period, comparison, report.today, since) for each in dimensions}
    return {dimension: times for dimension, times in found.items() if times}


def has_changes(report: Report, placed: Iterable[tuple[Dimension, str | None]]) -> bool:
    """Return whether the figures of a row have changes; `placed` has the dimensions of the row with its keys.

    Ours: if nothing was counted in the compared period, or in the time that a row is compared with, there is nothing to
    compare with, as pages say: each change would equal the value itself.
    """
    return not report.has_nothing_before and not lacks_data(report, placed)


def lacks_data(report: Report, placed: Iterable[tuple[Dimension, str | None]]) -> bool:
    """Return whether a row is compared with a time without data; `placed` has the dimensions of the row with its keys.

    Ours: such a row has no change, neither on pages nor in files and answers, because the change would equal the figure
    itself.
    """
    comparison, period = report.question.comparison, report.question.period
    if comparison is None or report.compared_period is None:
        return False
    for dimension, key in placed:
        if dimension.kind is not Kind.CALENDAR or key is None:
            continue
        found = compared_times(dimension, period, comparison, report.today, report.counted_since).get(key)
        if found is not None and not found.has_data:
            return True
    return False


def lacking_data_text(report: Report, language: Language, format_day: Callable[[date], str] = date.isoformat) -> str:
    """Return a note that the compared period has no data, or none before a certain day; otherwise, an empty string."""
    nothing, before = _LACKING[language]
    if report.has_nothing_before:
        return nothing
    return before.format(day=format_day(report.counted_since)) if report.counted_since is not None else ""


def may_lack_data(question: Question, own: ByModel, compared: ByModel) -> bool:
    """Return whether to check that the compared period has data from its first day.

    Ours: a report by time is always checked. Another report is checked if a total is more than `TIMES_SUSPECTED` times
    the total of the compared period. Below this growth, data is probably missing for at most a third of that period,
    and changes are roughly right.
    """
    if any(dimension.kind is Kind.CALENDAR for dimension in question.by):
        return True
    return any(
        value is not None and before is not None and value > TIMES_SUSPECTED * before
        for model, side in own.items()
        for measure, value in side.total.items()
        for before in (compared[model].total.get(measure, 0),)
    )


_DATA: Mapping[Fact, frozenset[Measure]] = {
    Fact.VISITS: frozenset({VISITS}),
    Fact.LEADS: frozenset({LEADS}),
    Fact.DEALS: frozenset({DEALS}),
    Fact.ASSISTS: frozenset({DEALS}),
    Fact.COSTS: frozenset({COST, CLICKS}),
}


def data_measures(measures: Iterable[Measure]) -> frozenset[Measure]:
    """Return the measures that show whether a site has data for the given measures: for won deals, all deals.

    Ours: a period lacks data if the site has no visits, leads, deals or costs in it, depending on what the report
    counts. Data that the report's filters and flags leave out counts too: a new source, or the first won deal, is a
    real rise.
    """
    return frozenset[Measure]().union(*(_DATA[measure.fact] for measure in measures))


def count_all_data(question: Question, measures: Collection[Measure]) -> bool:
    """Return whether `measures` suffice to tell that a site has no data; filters, for example, could hide some."""
    return not question.filters and data_measures(measures).issubset(measures)


def is_nothing_counted(sides: ByModel) -> bool:
    """Return whether nothing that a report needs was counted in its compared period, whose measures are `sides`.

    The measures decide this and not the figures, because a figure may be zero although something was counted: a total
    of margins of 5 and -5, a formula, or a ratio such as 0 won deals of 3.
    """
    return not any(
        side.is_counted or is_counted(side.total) or any(map(is_counted, side.rows.values())) for side in sides.values()
    )


def is_counted(measures: Mapping[Measure, int | None]) -> bool:
    """Return whether anything was counted; an unknown value means that something was."""
    return any(value != 0 for value in measures.values())


def compared_text(compared: ComparedTime, language: Language, format_days: Callable[[ComparedTime], str]) -> str:
    """Return a note on what a time is compared with, with both numbers of days if they differ.

    An example: compared with 2026-10, days: 30 against 31.

    `format_days` formats the earlier time; it is not called if none of its days is counted.
    """
    opening, against, nothing, lacking = _PHRASES[language]
    if compared.days is None:
        return nothing
    if not compared.has_data:
        return f"{opening} {format_days(compared)}: {lacking}"
    lengths = f", {against.format(own=compared.own_days, before=compared.days.days)}" if compared.differs else ""
    return f"{opening} {format_days(compared)}{lengths}"


def compared_lines(answered: Report | Pivot, language: Language) -> list[str]:
    """Return a line for each time that is compared with more or fewer days than it has itself.

    An example: 2026-11: compared with 2026-10, days: 30 against 31.
    """
    return [
        f"{key}: {compared_text(compared, language, _days_in_files)}"
        for times in compared_times_of(answered).values()
        for key, compared in times.items()
        if compared.differs
    ]


def _days_in_files(compared: ComparedTime) -> str:
    assert compared.days is not None
    if compared.is_whole:
        return compared.key
    first, last = compared.days.first_on.isoformat(), compared.days.last_on.isoformat()
    return first if first == last else f"{first} – {last}"


_PHRASES: Mapping[Language, tuple[str, str, str, str]] = {
    "ru": ("сравнение:", "дней: {own} против {before}", "сравнивать не с чем", "данных нет"),
    "en": ("compared with", "days: {own} against {before}", "nothing to compare with", "no data"),
}
_LACKING: Mapping[Language, tuple[str, str]] = {
    "ru": ("за тот период данных нет", "данных до {day} нет"),
    "en": ("no data in that period", "no data before {day}"),
}


def compared_span(period: Period, comparison: Comparison, time_zone: ZoneInfo, now: datetime) -> Span:
    """Return the part of the compared period that a report uses.

    If `period` is not over, this part ends on the day with which today is compared, at the current local time.
    Ours: if clocks change on that day, a local time that occurs twice means its first occurrence, and a skipped time is
    moved forward, as for times in requests.
    """
    other, today = compared_period(period, comparison), site_day(now, time_zone)
    if period.first_on > today:
        return Span(now, now, None)
    if period.last_on < today:
        return span_of(other, time_zone, now)
    last_on = day_compared_with(period, comparison, today)
    clock = now.astimezone(time_zone).time().replace(fold=0)
    same_time = datetime.combine(last_on, clock, time_zone).astimezone(UTC)
    until = min(same_time + INSTANT, day_end(last_on, time_zone))
    return Span(day_start(other.first_on, time_zone), until, Period(other.first_on, last_on))
