"""Find the times, such as days without deals, that have a row in tables meant for people although nothing happened."""

from collections.abc import Sequence

from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.filters import Filter, Operator, by_dimension, key_of_value
from dealtrace.reports.periods import Period
from dealtrace.reports.question import Question
from dealtrace.reports.time_keys import HOURS, TIME_KEYS


def times_with_rows(question: Question, filters: Sequence[Filter], passed: Period | None) -> list[int]:
    """Return the keys of all times that have a row even if nothing was counted then, in order of time.

    `filters` are the filters of the question, except those with `contains`, and `passed` is the part of its period that
    has passed.

    Ours: only tables meant for people have such rows, and only if their single dimension is a time and they are sorted
    by it. With a second dimension, a row for each time of each source would take much space and say little. Times in
    the future and times that the filters exclude have no rows either.
    """
    if not question.shows_empty_times or len(question.by) != 1 or passed is None:
        return []
    (dimension,) = question.by
    is_in_order = question.sort is None or question.sort.name == dimension.name
    return _times(dimension, filters, passed) if dimension.is_time and is_in_order else []


def _times(dimension: Dimension, filters: Sequence[Filter], passed: Period) -> list[int]:
    conditions = [
        (each.name, positive, negative)
        for each, (positive, negative) in by_dimension(filters).items()
        if each.kind in (Kind.CALENDAR, Kind.CLOCK)
    ]
    kept = [
        day_on
        for day_on in passed.dates()
        if all(
            (number_of := TIME_KEYS[name].number_of) is None or _is_kept(number_of(day_on), positive, negative)
            for name, positive, negative in conditions
        )
    ]
    number_of = TIME_KEYS[dimension.name].number_of
    if number_of is not None:
        return sorted({number_of(day_on) for day_on in kept})
    positive, negative = by_dimension(filters).get(dimension, ([], []))
    return [hour for hour in range(HOURS) if kept and _is_kept(hour, positive, negative)]


def _is_kept(key: int, positive: Sequence[Filter], negative: Sequence[Filter]) -> bool:
    return (not positive or any(_holds(each, key) for each in positive)) and all(_holds(each, key) for each in negative)


def _holds(condition: Filter, key: int) -> bool:
    if not condition.operator.takes_value:
        return condition.operator is Operator.FILLED
    is_named = key in {key_of_value(condition.dimension, value) for value in condition.values}
    return is_named != condition.operator.is_negative
