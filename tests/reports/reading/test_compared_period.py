"""With which days each time of a report is compared, and whether it has as many days itself."""

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
from dealtrace.reports.periods import Comparison, Period, compared_period
from dealtrace.reports.pivot import pivoted
from dealtrace.reports.question import Question
from dealtrace.reports.reading.compared_times import (
    ComparedTime,
    compared_lines,
    compared_text,
    compared_times,
    compared_times_of,
    lacking_data_text,
    lacks_data,
    may_lack_data,
)
from dealtrace.reports.rows.gathered import Gathered

FRIDAY = date(2026, 11, 27)
MODEL = AttributionModel.LAST_INTERACTION
MONTH, WEEK, DAY = (DIMENSIONS[name] for name in ("month", "week", "day"))


def on(month: int, day: int, year: int = 2026) -> date:
    return date(year, month, day)


def test_a_month_is_compared_with_the_month_at_its_place_however_long_that_is() -> None:
    autumn = Period(on(9, 1), on(10, 31))
    assert compared_times(MONTH, autumn, Comparison.PREVIOUS, FRIDAY) == {
        "2026-09": ComparedTime("2026-07", Period(on(7, 2), on(7, 31)), is_whole=False, own_days=30),
        "2026-10": ComparedTime("2026-08", Period(on(8, 1), on(8, 31)), is_whole=True, own_days=31),
    }
    last_year = compared_times(MONTH, autumn, Comparison.YEAR, FRIDAY)
    assert [(each.key, each.is_whole, each.differs) for each in last_year.values()] == [
        ("2025-09", True, False),
        ("2025-10", True, False),
    ]


def test_a_time_that_is_not_over_is_compared_up_to_the_day_at_the_place_of_today() -> None:
    this_year = compared_times(MONTH, Period(on(10, 1), on(12, 31)), Comparison.YEAR, FRIDAY)
    assert this_year["2026-11"].days == Period(on(11, 1, 2025), on(11, 27, 2025))
    assert (this_year["2026-11"].own_days, this_year["2026-11"].is_whole) == (27, False)
    assert list(this_year) == ["2026-10", "2026-11"], "days to come are not compared"


def test_a_time_may_have_nothing_to_be_compared_with_and_none_of_its_own() -> None:
    over_february = Period(on(1, 31), on(3, 1))
    found = compared_times(MONTH, over_february, Comparison.PREVIOUS, FRIDAY)
    assert [each.days for each in found.values()] == [Period(on(1, 1), on(1, 30)), None, None]
    short = compared_times(WEEK, Period(on(11, 2), on(11, 8)), Comparison.PREVIOUS, FRIDAY)
    assert [each.differs for each in short.values()] == [False]
    of_two = compared_times(WEEK, Period(on(11, 2), on(11, 6)), Comparison.PREVIOUS, FRIDAY)
    assert [(each.days, each.own_days) for each in of_two.values()] == [
        (Period(on(10, 28), on(11, 1)), 5),
    ]
    later = compared_times(MONTH, Period(on(3, 1), on(3, 31)), Comparison.PREVIOUS, FRIDAY)
    assert {key: (each.days, each.own_days) for key, each in later.items()} == {
        "2026-03": (Period(on(1, 29), on(1, 31)), 31),
        "2026-04": (Period(on(2, 1), on(2, 28)), 0),
    }


def test_hours_weekdays_and_periods_to_come_are_left_out() -> None:
    period = Period(on(11, 1), on(11, 7))
    for name in ("hour", "weekday", "source"):
        assert compared_times(DIMENSIONS[name], period, Comparison.PREVIOUS, FRIDAY) == {}
    assert compared_times(DAY, Period(on(12, 1), on(12, 7)), Comparison.PREVIOUS, FRIDAY) == {}
    assert compared_times(DAY, period, Comparison.PREVIOUS, None) == {}


@given(
    st.dates(on(1, 1, 2023), on(12, 31, 2026)),
    st.integers(1, 500),
    st.sampled_from(Comparison),
    st.sampled_from(("day", "week", "month", "quarter")),
)
def test_each_day_of_both_periods_is_counted_once(first: date, length: int, how: Comparison, name: str) -> None:
    period = Period(first, first + timedelta(days=length - 1))
    today = period.last_on + timedelta(days=1)
    found = compared_times(DIMENSIONS[name], period, how, today).values()
    before = compared_period(period, how)
    assert sum(each.own_days for each in found) == period.days
    assert sum(each.days.days for each in found if each.days is not None) == before.days
    assert next(each.days.first_on for each in found if each.days is not None) == before.first_on


@pytest.mark.parametrize(
    ("compared", "ru", "en"),
    [
        (
            ComparedTime("2026-10", Period(on(10, 1), on(10, 31)), is_whole=True, own_days=30),
            "сравнение: 2026-10, дней: 30 против 31",
            "compared with 2026-10, days: 30 against 31",
        ),
        (
            ComparedTime("2026-10", Period(on(10, 1), on(10, 31)), is_whole=True, own_days=31),
            "сравнение: 2026-10",
            "compared with 2026-10",
        ),
        (ComparedTime("2026-10", None, is_whole=False, own_days=1), "сравнивать не с чем", "nothing to compare with"),
    ],
)
def test_the_compared_time_is_named_with_both_lengths_if_they_differ(compared: ComparedTime, ru: str, en: str) -> None:
    said: dict[Language, str] = {"ru": ru, "en": en}
    for language, words in said.items():
        assert compared_text(compared, language, lambda each: each.key) == words


def report(by: tuple[str, ...], *, is_compared: bool = True) -> Report:
    period = Period(on(9, 1), on(10, 31))
    comparison = Comparison.PREVIOUS if is_compared else None
    question = Question(
        tuple(DIMENSIONS[name] for name in by), (METRICS["deals"],), period, MODEL, comparison=comparison
    )
    row = ReportLine(
        ("2026-09",) if by == ("month",) else ("yandex",), {MODEL: (Fraction(1),)}, {MODEL: (Fraction(2),)}
    )
    before = compared_period(period, Comparison.PREVIOUS) if is_compared else None
    return Report(question, [row], 1, row, before, today=FRIDAY)


def test_files_name_the_times_that_are_compared_with_more_or_fewer_days() -> None:
    by_day, by_month = report(("day",)), report(("month",))
    assert compared_lines(by_day, "en") == []
    assert compared_lines(by_month, "en") == []
    winter = Period(on(1, 1), on(3, 31))
    question = Question((MONTH,), (METRICS["deals"],), winter, MODEL, comparison=Comparison.PREVIOUS)
    row = by_month.rows[0]
    answered = Report(question, [row], 1, row, compared_period(winter, Comparison.PREVIOUS), today=FRIDAY)
    assert compared_lines(answered, "en") == [
        "2026-01: compared with 2025-10-03 – 2025-10-31, days: 31 against 29",
        "2026-02: compared with 2025-11, days: 28 against 30",
    ]
    assert compared_lines(answered, "ru")[1] == "2026-02: сравнение: 2025-11, дней: 28 против 30"


def test_pivots_have_the_times_of_their_rows_and_columns_and_no_comparison_has_none() -> None:
    rows, columns, cells = report(("source",)), report(("month",)), report(("source", "month"))
    assert list(compared_times_of(pivoted(rows, columns, cells))) == [MONTH]
    assert compared_times_of(report(("month",), is_compared=False)) == {}
    assert compared_times_of(report(("source",))) == {}


def test_a_time_before_the_first_data_has_nothing_to_compare_with() -> None:
    autumn = Period(on(9, 1), on(10, 31))
    since = on(8, 1)
    found = compared_times(MONTH, autumn, Comparison.PREVIOUS, FRIDAY, since)
    assert [(key, each.has_data) for key, each in found.items()] == [("2026-09", False), ("2026-10", True)]
    assert compared_text(found["2026-09"], "en", lambda each: each.key) == "compared with 2026-07: no data"
    assert compared_text(found["2026-09"], "ru", lambda each: each.key) == "сравнение: 2026-07: данных нет"
    question = Question((MONTH,), (METRICS["deals"],), autumn, MODEL, comparison=Comparison.PREVIOUS)
    total = ReportLine((), {MODEL: (Fraction(2),)}, {MODEL: (Fraction(1),)})
    before = compared_period(autumn, Comparison.PREVIOUS)
    report = Report(question, (), 0, total, before, today=FRIDAY, counted_since=since)
    assert [lacks_data(report, [(MONTH, key)]) for key in ("2026-09", "2026-10", None)] == [True, False, False]
    assert not lacks_data(report, [(DIMENSIONS["source"], "2026-09")])
    assert lacking_data_text(report, "en") == "no data before 2026-08-01"
    assert lacking_data_text(report, "ru", lambda day: f"{day:%d.%m}") == "данных до 01.08 нет"
    nothing = Report(question, (), 0, total, before, today=FRIDAY, has_nothing_before=True)
    assert lacking_data_text(nothing, "en") == "no data in that period"
    assert lacking_data_text(nothing, "ru") == "за тот период данных нет"
    assert lacking_data_text(Report(question, (), 0, total, before, today=FRIDAY), "en") == ""


@pytest.mark.parametrize(("before", "may"), [(0, True), (66, True), (67, False), (100, False), (200, False)])
def test_only_a_great_rise_makes_a_comparison_suspicious(before: int, may: bool) -> None:
    (measure,) = METRICS["deals"].formula.measures
    own, earlier = ({MODEL: Gathered({}, {measure: count})} for count in (100, before))
    question = Question((DIMENSIONS["source"],), (METRICS["deals"],), Period(on(9, 1), on(9, 30)), MODEL)
    assert may_lack_data(question, own, earlier) is may
    by_month = Question((MONTH,), (METRICS["deals"],), Period(on(9, 1), on(9, 30)), MODEL)
    assert may_lack_data(by_month, own, earlier)
