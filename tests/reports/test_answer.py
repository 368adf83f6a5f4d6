"""Rows put together, ordered and cut."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.attribution.credit import WHOLE, AttributionModel
from dealtrace.reports.answer import Report, Sorting, build_report
from dealtrace.reports.dimensions import DIMENSIONS, Dimension
from dealtrace.reports.metrics import AMOUNT, COST, DEALS, METRICS, Metric, UnknownFormula, formula_at_site
from dealtrace.reports.periods import Period
from dealtrace.reports.question import QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.rows.gathered import Gathered, GatheredRows, RowKeys

MODEL = AttributionModel.LAST_INTERACTION
KNOWN = QuestionContext(date(2026, 11, 26), MODEL)


def shown(dimension: Dimension, key: Any) -> str | None:
    return None if key is None else str(key)


def gathered(rows: dict[RowKeys, int], **unknown: Any) -> dict[AttributionModel, Gathered]:
    """Return deals by keys, in ones."""
    measures = {keys: {DEALS: deals * WHOLE} for keys, deals in rows.items()}
    return {MODEL: Gathered(measures, {DEALS: sum(rows.values()) * WHOLE}, **unknown)}


def answer(
    rows: dict[RowKeys, int], compared: dict[RowKeys, int] | None = None, other: Period | None = None, **words: str
) -> Report:
    question = parse_question(RawQuestion(**{"by": "source", "metrics": "deals", **words}), KNOWN)
    formulas = {metric: metric.formula for metric in question.metrics}
    side = gathered(compared) if compared is not None else None
    return build_report(
        question, formulas, gathered(rows), compared=side, compared_period=other, spell=shown, sorting=Sorting(MODEL)
    )


def keys(report: Report) -> list[str | None]:
    return [row.keys[0] for row in report.rows]


def test_the_greatest_come_first_and_ties_by_keys_in_code_points_with_nothing_last() -> None:
    rows: dict[RowKeys, int] = {(None,): 1, ("я",): 1, ("b",): 1, ("B",): 1, ("a",): 5, ("Ё",): 1}
    assert keys(answer(rows)) == ["a", "B", "b", "Ё", "я", None]


def test_times_come_in_their_order() -> None:
    assert keys(answer({(9,): 1, (10,): 5, (None,): 7, (2,): 1}, by="hour")) == ["2", "9", "10", None]


def test_the_order_may_be_asked_for() -> None:
    rows: dict[RowKeys, int] = {("a",): 2, ("b",): 1, (None,): 3}
    assert keys(answer(rows, sort="deals")) == ["b", "a", None]
    assert keys(answer(rows, sort="-source")) == ["b", "a", None]
    assert keys(answer(rows, sort="source")) == ["a", "b", None]


LOST: dict[RowKeys, int] = {("a",): 4, ("b",): 7, ("c",): 1, (None,): 5}
BEFORE: dict[RowKeys, int] = {("a",): 5, ("b",): 1, ("d",): 9, (None,): 6}
OTHER = Period(date(2026, 10, 2), date(2026, 10, 29))


def test_rows_are_sorted_by_their_change_and_ties_by_keys() -> None:
    """Rows that only one of the periods has are among them: d lost all its deals, c had none."""
    assert keys(answer(LOST, BEFORE, OTHER, sort="change:deals", compare="previous")) == ["d", "a", None, "c", "b"]
    assert keys(answer(LOST, BEFORE, OTHER, sort="-change:deals", compare="previous")) == ["b", "c", "a", None, "d"]
    first = answer(LOST, BEFORE, OTHER, sort="change:deals", compare="previous", limit="1")
    assert [(row.keys, row.values[MODEL], row.compared and row.compared[MODEL]) for row in first.rows] == [
        (("d",), (0,), (9,))
    ]


def test_the_change_of_days_is_from_the_day_at_their_place() -> None:
    first, other = date(2026, 11, 2).toordinal(), date(2026, 10, 26).toordinal()
    words = {"first": "2026-11-02", "last": "2026-11-08", "by": "day", "sort": "change:deals", "compare": "previous"}
    report = answer(
        {(first,): 5, (first + 1,): 1},
        {(other,): 9, (other + 2,): 1},
        Period(date(2026, 10, 26), date(2026, 11, 1)),
        **words,
    )
    assert keys(report) == [str(first), str(first + 2), str(first + 1)]


def test_an_unknown_change_comes_last() -> None:
    """A rate of a row without deals is unknown, so its change is; it comes last in both orders."""
    words = RawQuestion(by="source", metrics="average", sort="-change:average", compare="previous")
    question = parse_question(words, KNOWN)
    formulas = {metric: metric.formula for metric in question.metrics}
    has_sum = next(measure for measure in METRICS["average"].formula.measures if measure != AMOUNT)

    def side(rows: dict[RowKeys, tuple[int, int]]) -> dict[AttributionModel, Gathered]:
        return {
            MODEL: Gathered(
                {key: {AMOUNT: kopecks, has_sum: count * WHOLE} for key, (kopecks, count) in rows.items()}, {}
            )
        }

    now, before = (
        side({("a",): (900, 1), ("b",): (500, 1), ("c",): (800, 1)}),
        side({("b",): (100, 1), ("c",): (700, 1)}),
    )
    for words_of_sort, right in (("-change:average", ["b", "c", "a"]), ("change:average", ["c", "b", "a"])):
        asked = parse_question(replace(words, sort=words_of_sort), KNOWN)
        assert (
            keys(
                build_report(
                    asked, formulas, now, compared=before, compared_period=OTHER, spell=shown, sorting=Sorting(MODEL)
                )
            )
            == right
        )


def test_rows_are_cut_after_they_are_counted() -> None:
    report = answer({("a",): 1, ("b",): 2, ("c",): 3}, limit="2")
    assert (keys(report), report.rows_total) == (["c", "b"], 3)
    assert report.total.values[MODEL] == (Fraction(6),)


def test_rows_are_made_when_they_are_asked_for() -> None:
    rows = answer({("a",): 1, ("b",): 2, ("c",): 3}).rows
    assert (len(rows), rows[-1].keys, [row.keys for row in rows[:2]]) == (3, ("a",), [("c",), ("b",)])


def test_without_dimensions_there_is_only_the_total() -> None:
    report = answer({}, by="")
    assert (list(report.rows), report.rows_total, report.total.values[MODEL]) == ([], 0, (Fraction(0),))


def test_rows_of_one_side_have_zeros_on_the_other() -> None:
    report = answer({("a",): 2}, {("b",): 3}, Period(date(2026, 10, 2), date(2026, 10, 29)))
    compared = [(row.keys, row.values[MODEL], row.compared and row.compared[MODEL]) for row in report.rows]
    assert compared == [(("a",), (2,), (0,)), (("b",), (0,), (3,))]


def test_days_are_compared_by_their_place_and_hours_by_their_key() -> None:
    first, other = date(2026, 11, 2), date(2026, 10, 26)
    words = {"first": "2026-11-02", "last": "2026-11-08"}
    days = answer({(first.toordinal(),): 2}, {(other.toordinal(),): 3}, Period(other, date(2026, 11, 1)),
                  by="day", **words)  # fmt: skip
    assert [(row.values[MODEL], row.compared and row.compared[MODEL]) for row in days.rows] == [((2,), (3,))]
    hours = answer({(9,): 2}, {(9,): 3}, Period(other, date(2026, 11, 1)), by="hour", **words)
    assert [(row.values[MODEL], row.compared and row.compared[MODEL]) for row in hours.rows] == [((2,), (3,))]


def test_what_a_fact_lacks_is_unknown_in_rows_and_whole_in_the_total() -> None:
    question = parse_question(RawQuestion(by="manager", metrics="deals,cost,cpo"), KNOWN)
    side = {MODEL: Gathered({("a",): {DEALS: WHOLE}}, {DEALS: WHOLE, COST: 500}, frozenset({COST}))}
    formulas = {metric: metric.formula for metric in question.metrics}
    report = build_report(question, formulas, side, spell=shown, sorting=Sorting(MODEL))
    assert report.rows[0].values[MODEL] == (1, None, None)
    assert report.total.values[MODEL] == (1, 5, 5)


def test_unknown_values_come_last_whichever_way_rows_are_ordered() -> None:
    for sort in ("average", "-average"):
        question = parse_question(RawQuestion(by="source", metrics="average", sort=sort), KNOWN)
        (with_amount,) = METRICS["average"].formula.measures - {AMOUNT}
        rows: dict[RowKeys, Any] = {("a",): {}, ("b",): {AMOUNT: 100, with_amount: WHOLE}}
        side = {MODEL: Gathered(rows, {})}
        report = build_report(
            question, {METRICS["average"]: METRICS["average"].formula}, side, spell=shown, sorting=Sorting(MODEL)
        )
        assert keys(report) == ["b", "a"]


def test_income_is_unknown_until_a_status_is_won_and_margins_count_where_they_are() -> None:
    romi, deals = METRICS["romi"], METRICS["deals"]
    assert romi.margin_formula is not None
    unknown = formula_at_site(romi, has_won=False, has_margins=True)
    assert unknown == UnknownFormula(romi.margin_formula)
    assert (unknown.measures, unknown.adds_up) == (romi.margin_formula.measures, False)
    assert unknown.value(dict.fromkeys(unknown.measures, 100)) is None
    assert formula_at_site(romi, has_won=True, has_margins=False) == romi.formula
    assert formula_at_site(romi, has_won=True, has_margins=True) == romi.margin_formula
    assert formula_at_site(deals, has_won=False, has_margins=True) == deals.formula


@given(st.dictionaries(st.tuples(st.none() | st.text(max_size=3)), st.integers(0, 3), max_size=8))
def test_the_order_is_the_same_whatever_the_database_returns_first(rows: dict[RowKeys, int]) -> None:
    backwards = dict(reversed(list(rows.items())))
    assert [row.keys for row in answer(rows).rows] == [row.keys for row in answer(backwards).rows]


def test_every_metric_and_dimension_has_words_in_both_languages() -> None:
    described: Metric | Dimension
    for described in (*METRICS.values(), *DIMENSIONS.values()):
        assert described.ru
        assert described.en


def test_rows_of_several_statements_have_the_measures_of_all() -> None:
    rows = GatheredRows(1)
    rows.add((DEALS, AMOUNT), [("a", 1, 10), (None, 2, 20)])
    rows.add((COST,), [("a", 5), ("b", 6)])
    assert dict(rows) == {
        ("a",): {DEALS: 1, AMOUNT: 10, COST: 5}, (None,): {DEALS: 2, AMOUNT: 20}, ("b",): {COST: 6}
    }  # fmt: skip
    assert len(rows) == 3
    with pytest.raises(KeyError):
        rows["c",]
