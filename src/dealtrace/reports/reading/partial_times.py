"""Find the times, such as months, that a report counts only in part: they are not over, or its period cuts them off."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from dealtrace.errors import Language
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.periods import DAY, Period
from dealtrace.reports.pivot import Pivot
from dealtrace.reports.time_keys import TIME_KEYS


@record
class PartialTime:
    """A time, such as a week, that a report does not count whole.

    `is_running` is true if the time is not over, so that its figures will still change. `since` and `until` are the
    first and the last day of the report's period if the time begins before that period or ends after it; otherwise
    they are `None`.
    """

    is_running: bool
    since: date | None
    until: date | None


PartialTimes = Mapping[str, PartialTime]
"""The times of one dimension that a report does not count whole, by key."""


def partial_times(dimension: Dimension, period: Period, today: date | None) -> PartialTimes:
    """Return the times that a report over `period` covers only in part; `today` is the current day at the site.

    Ours: only days, weeks, months and quarters are such times. Hours and weekdays recur, so they are never complete. A
    period that ends today does not cut off the current week or month: it is marked as unfinished instead.
    """
    number_of = TIME_KEYS[dimension.name].number_of if dimension.kind is Kind.CALENDAR else None
    if number_of is None or today is None or period.first_on > today:
        return {}
    last_on = min(period.last_on, today)
    first, last = number_of(period.first_on), number_of(last_on)
    since = period.first_on if number_of(period.first_on - DAY) == first else None
    is_running = period.last_on >= today
    is_cut = period.last_on != today and last == number_of(period.last_on) == number_of(period.last_on + DAY)
    text_of = TIME_KEYS[dimension.name].text_of
    found = {
        text_of(first): PartialTime(is_running=False, since=since, until=None),
        text_of(last): PartialTime(
            is_running=is_running,
            since=since if first == last else None,
            until=period.last_on if is_cut else None,
        ),
    }
    return {key: each for key, each in found.items() if each.is_running or each.since or each.until}


def partial_times_of(answered: Report | Pivot) -> Mapping[Dimension, PartialTimes]:
    """Return the times that a report or a pivot does not count whole, by dimension; whole times are left out."""
    if isinstance(answered, Pivot):
        report, dimensions = answered.report, (*answered.report.question.by, answered.dimension)
    else:
        report, dimensions = answered, answered.question.by
    found = {each: partial_times(each, report.question.period, report.today) for each in dimensions}
    return {dimension: times for dimension, times in found.items() if times}


def is_partial(by: Sequence[Dimension], keys: Sequence[str | None], partial: Mapping[Dimension, PartialTimes]) -> bool:
    """Return whether a row with these keys belongs to a time that the report does not count whole."""
    return any(key in partial.get(dimension, {}) for dimension, key in zip(by, keys, strict=False))


def partial_text(partial: PartialTime, language: Language, format_day: Callable[[date], str]) -> str:
    """Return in a few words which part of a time is counted, such as: not finished, only from 30 Oct 2026."""
    since, until = (format_day(day_on) if day_on is not None else "" for day_on in (partial.since, partial.until))
    running, only, opening, closing = _PHRASES[language]
    days = " ".join([*([opening, since] if since else []), *([closing, until] if until else [])])
    return ", ".join([*([running] if partial.is_running else []), *([f"{only} {days}"] if days else [])])


def partial_lines(answered: Report | Pivot, language: Language) -> list[str]:
    """Return a line for each time that a report or a pivot counts only in part, such as: 2026-11-27: not finished."""
    return [
        f"{key}: {partial_text(partial, language, date.isoformat)}"
        for times in partial_times_of(answered).values()
        for key, partial in times.items()
    ]


_PHRASES: Mapping[Language, tuple[str, str, str, str]] = {
    "ru": ("ещё идёт", "только", "с", "по"),
    "en": ("not finished", "only", "from", "to"),
}
