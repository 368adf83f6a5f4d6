"""The columns of a report: what its files, its JSON and its command show of each figure."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from dealtrace.attribution.credit import AttributionModel
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.change import difference, percentage
from dealtrace.reports.metrics import METRICS, Unit
from dealtrace.reports.periods import Period
from dealtrace.reports.pivot import pivoted
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.table_columns import PARTS, VALUE, figure_columns, figures_of, pivot_cells, shown_parts

TODAY = date(2026, 11, 26)
MODEL = AttributionModel.LAST_INTERACTION
KNOWN = QuestionContext(TODAY, MODEL)
Side = list[Fraction | None]


def compared(values: Side, before: Side | None, **words: str) -> Report:
    """Return a report of one row and the total, which have the same figures."""
    question = parse_question(RawQuestion(**words), KNOWN)
    models = [question.model] if question.model is not None else list(AttributionModel)
    sides = [dict.fromkeys(models, tuple(side)) if side is not None else None for side in (values, before)]
    assert sides[0] is not None
    period = Period(TODAY, TODAY) if before is not None else None
    is_empty = before is not None and not any(before)
    rows, total = [ReportLine(("a",), sides[0], sides[1])], ReportLine((), sides[0], sides[1])
    return Report(question, rows, 1, total, period, has_nothing_before=is_empty)


def figures(report: Report) -> list[Fraction | None]:
    return list(figures_of(report, figure_columns(report), report.total))


@pytest.mark.parametrize(("value", "before", "change", "percent"), [
    (71, 93, -22, Fraction(-2200, 93)),
    (5, 4, 1, 25),
    (4, 4, 0, 0),
    (3, 0, 3, None),
    (0, 3, -3, -100),
    (-1, -4, 3, 75),
    (-6, -4, -2, -50),
    (None, 4, None, None),
    (4, None, None, None),
])  # fmt: skip
def test_a_change_is_a_difference_and_a_percentage_with_the_same_sign(
    value: int | None, before: int | None, change: int | None, percent: Fraction | int | None
) -> None:
    now, then = (Fraction(each) if each is not None else None for each in (value, before))
    assert difference(now, before=then) == change
    assert percentage(METRICS["margin"], now, before=then) == percent
    assert percentage(METRICS["drr"], now, before=then) is None


def test_each_figure_of_a_comparison_has_its_change_beside_it() -> None:
    report = compared(
        [Fraction(5), Fraction(1, 2)], [Fraction(4), Fraction(2, 5)], metrics="deals,match_rate", compare="year"
    )
    columns = figure_columns(report)
    assert [column.name for column in columns] == [
        "deals", "deals compared", "deals change", "deals change %",
        "match_rate", "match_rate compared", "match_rate change",
    ]  # fmt: skip
    assert [column.en for column in columns[:4]] == [
        "Deals", "Deals, compared", "Deals, change", "Deals, change in %"
    ]  # fmt: skip
    assert [column.ru for column in columns[:4]] == [
        "Сделки", "Сделки, сравнение", "Сделки, изменение", "Сделки, изменение в %"
    ]  # fmt: skip
    assert figures(report) == [5, 4, 1, 25, Fraction(1, 2), Fraction(2, 5), Fraction(1, 10)]


def test_without_a_comparison_there_are_no_changes() -> None:
    assert [column.name for column in figure_columns(compared([Fraction(5)], None, metrics="deals"))] == ["deals"]


def test_under_all_models_each_model_has_its_changes() -> None:
    report = compared([Fraction(5)], [Fraction(4)], metrics="deals", models="all", compare="year")
    columns = figure_columns(report)
    assert [column.name for column in columns[16:20]] == [
        "deals:linear", "deals:linear compared", "deals:linear change", "deals:linear change %"
    ]  # fmt: skip
    assert [column.en for column in columns[16:18]] == ["Deals: Linear", "Deals: Linear, compared"]
    assert [column.ru for column in columns[16:18]] == ["Сделки: Линейная", "Сделки: Линейная, сравнение"]
    assert figures(report) == [5, 4, 1, 25] * len(AttributionModel)


def test_nothing_is_said_to_change_if_nothing_was_counted_before() -> None:
    report = compared([Fraction(5), Fraction(2)], [Fraction(0), Fraction(0)], metrics="deals,leads", compare="year")
    assert figures(report) == [5, 0, None, None, 2, 0, None, None]
    partly = compared([Fraction(5), Fraction(2)], [Fraction(0), Fraction(1)], metrics="deals,leads", compare="year")
    assert figures(partly) == [5, 0, 5, None, 2, 1, 1, 100]


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_only_ratios_have_no_percentage_and_only_percentages_have_another_unit(metric: object) -> None:
    name = next(name for name, each in METRICS.items() if each is metric)
    report = compared([Fraction(1)], [Fraction(2)], metrics=name, compare="year")
    units = [column.unit for column in figure_columns(report)]
    unit = METRICS[name].unit
    assert units == ([unit] * 3 if unit is Unit.RATIO else [unit] * 3 + [Unit.NUMBER])


def test_cells_of_a_pivot_have_the_same_parts() -> None:
    rows = compared([Fraction(5)], [Fraction(4)], by="source", metrics="deals", compare="year")
    across = replace(rows, question=parse_question(RawQuestion(by="manager", metrics="deals"), KNOWN))
    both = replace(rows, rows=[replace(rows.rows[0], keys=("a", "a"))])
    pivot = pivoted(rows, across, both)
    assert shown_parts(rows, pivot.metric) == PARTS
    assert list(pivot_cells(pivot, pivot.total, PARTS)) == [(5, 4, 1, 25)] * 2
    assert list(pivot_cells(pivot, pivot.lines[0], (VALUE,))) == [(5,), (5,)]
