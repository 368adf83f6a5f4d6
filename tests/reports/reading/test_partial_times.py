"""Times that a report does not count whole: not over yet by the clock of the site, or cut off by the period."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.attribution.credit import AttributionModel
from dealtrace.errors import Language
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.periods import Period
from dealtrace.reports.pivot import pivoted
from dealtrace.reports.question import Question
from dealtrace.reports.reading.partial_times import (
    PartialTime,
    is_partial,
    partial_lines,
    partial_text,
    partial_times,
    partial_times_of,
)
from dealtrace.reports.time_keys import TIME_KEYS, keys_of_period

FRIDAY = date(2026, 11, 27)
MODEL = AttributionModel.LAST_INTERACTION
RUNNING = PartialTime(is_running=True, since=None, until=None)


def cut(since: date | None = None, until: date | None = None) -> PartialTime:
    return PartialTime(is_running=False, since=since, until=until)


def test_a_period_that_ends_today_ends_in_a_time_that_is_not_over() -> None:
    last_28_days = Period(date(2026, 10, 31), FRIDAY)
    assert partial_times(DIMENSIONS["day"], last_28_days, FRIDAY) == {"2026-11-27": RUNNING}
    saturday = cut(since=date(2026, 10, 31))
    assert partial_times(DIMENSIONS["week"], last_28_days, FRIDAY) == {"2026-W44": saturday, "2026-W48": RUNNING}
    assert partial_times(DIMENSIONS["month"], last_28_days, FRIDAY) == {"2026-10": saturday, "2026-11": RUNNING}
    quarter = PartialTime(is_running=True, since=date(2026, 10, 31), until=None)
    assert partial_times(DIMENSIONS["quarter"], last_28_days, FRIDAY) == {"2026-Q4": quarter}


def test_whole_times_of_the_past_are_not_marked() -> None:
    assert partial_times(DIMENSIONS["week"], Period(date(2026, 11, 16), date(2026, 11, 22)), FRIDAY) == {}
    assert partial_times(DIMENSIONS["month"], Period(date(2026, 9, 1), date(2026, 10, 31)), FRIDAY) == {}
    assert partial_times(DIMENSIONS["day"], Period(date(2026, 11, 1), date(2026, 11, 26)), FRIDAY) == {}


def test_a_time_that_the_period_cuts_off_is_marked_even_if_it_is_not_over() -> None:
    until_yesterday = Period(date(2026, 11, 1), date(2026, 11, 26))
    assert partial_times(DIMENSIONS["month"], until_yesterday, FRIDAY) == {"2026-11": cut(until=date(2026, 11, 26))}
    inside = Period(date(2026, 10, 6), date(2026, 10, 8))
    assert partial_times(DIMENSIONS["week"], inside, FRIDAY) == {"2026-W41": cut(inside.first_on, inside.last_on)}


def test_a_period_that_ends_in_the_future_runs_in_the_present_time_only() -> None:
    month = Period(date(2026, 11, 1), date(2026, 11, 30))
    assert partial_times(DIMENSIONS["day"], month, FRIDAY) == {"2026-11-27": RUNNING}
    assert partial_times(DIMENSIONS["month"], month, FRIDAY) == {"2026-11": RUNNING}
    to_29 = Period(date(2026, 11, 1), date(2026, 11, 29))
    ends_early = PartialTime(is_running=True, since=None, until=date(2026, 11, 29))
    assert partial_times(DIMENSIONS["month"], to_29, FRIDAY) == {"2026-11": ends_early}
    assert partial_times(DIMENSIONS["day"], Period(date(2026, 12, 1), date(2026, 12, 5)), FRIDAY) == {}


@pytest.mark.parametrize("name", ["hour", "weekday", "source", "field"])
def test_hours_weekdays_and_names_are_never_marked(name: str) -> None:
    dimension = DIMENSIONS.get(name, DIMENSIONS["manager"])
    assert partial_times(dimension, Period(FRIDAY, FRIDAY), FRIDAY) == {}


@given(
    st.sampled_from(["day", "week", "month", "quarter"]),
    st.dates(date(2025, 1, 1), date(2027, 1, 1)),
    st.integers(0, 400),
    st.integers(-30, 430),
)
def test_a_time_is_whole_exactly_if_all_its_days_are_in_the_period_and_over(
    name: str, first_on: date, days: int, today_after: int
) -> None:
    period, today = Period(first_on, first_on + timedelta(days)), first_on + timedelta(today_after)
    number_of = TIME_KEYS[name].number_of
    assert number_of is not None
    found = partial_times(DIMENSIONS[name], period, today)
    around = [first_on + timedelta(number) for number in range(-100, days + 101)]
    for key, number in keys_of_period(name, period).items():
        own = [day_on for day_on in around if number_of(day_on) == number]
        if max(period.first_on, own[0]) > today:
            assert key not in found, "nothing is counted yet"
            continue
        is_whole = all(period.first_on <= day_on <= period.last_on and day_on < today for day_on in own)
        assert (key not in found) == is_whole
        if not is_whole:
            assert found[key].is_running == (own[0] <= today <= own[-1] and period.last_on >= today)


WORDS: list[tuple[Language, PartialTime, str]] = [
    ("ru", RUNNING, "ещё идёт"),
    ("en", RUNNING, "not finished"),
    ("ru", cut(since=date(2026, 10, 31)), "только с 2026-10-31"),
    ("en", cut(until=date(2026, 10, 31)), "only to 2026-10-31"),
    ("ru", cut(date(2026, 10, 6), date(2026, 10, 8)), "только с 2026-10-06 по 2026-10-08"),
    ("en", PartialTime(is_running=True, since=FRIDAY, until=None), "not finished, only from 2026-11-27"),
]


@pytest.mark.parametrize(("language", "partial", "words"), WORDS)
def test_what_is_counted_is_said_in_a_few_words(language: Language, partial: PartialTime, words: str) -> None:
    assert partial_text(partial, language, date.isoformat) == words


def report(by: tuple[str, ...], *keys: tuple[str | None, ...]) -> Report:
    question = Question(
        tuple(DIMENSIONS[name] for name in by), (METRICS["deals"],), Period(date(2026, 10, 31), FRIDAY), MODEL
    )
    figures = {MODEL: (Fraction(1),)}
    return Report(
        question,
        [ReportLine(each, figures, None) for each in keys],
        len(keys),
        ReportLine((), figures, None),
        today=FRIDAY,
    )


def test_a_row_is_partial_by_any_of_its_keys() -> None:
    shown = report(("source", "week"))
    partial = partial_times_of(shown)
    assert is_partial(shown.question.by, ("yandex", "2026-W48"), partial)
    assert is_partial(shown.question.by, ("yandex", "2026-W44"), partial)
    assert not is_partial(shown.question.by, ("yandex", "2026-W45"), partial)
    assert not is_partial(shown.question.by, ("2026-W48", None), partial)


def test_the_columns_of_a_pivot_are_marked_as_its_rows_are() -> None:
    across = report(("week",), ("2026-W45",), ("2026-W48",))
    pivot = pivoted(report(("month",), ("2026-11",)), across, report(("month", "week")))
    assert partial_lines(pivot, "en") == [
        "2026-10: only from 2026-10-31",
        "2026-11: not finished",
        "2026-W44: only from 2026-10-31",
        "2026-W48: not finished",
    ]
    assert partial_lines(report(("source",), ("yandex",)), "ru") == []
