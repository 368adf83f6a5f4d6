"""Columns are deals in a set of statuses or formulas over each other, without circles and of bounded size."""

from fractions import Fraction

import pytest

from dealtrace.attribution.credit import WHOLE
from dealtrace.errors import InvalidSetting
from dealtrace.reports.column_definitions import (
    COLUMN_NAME_LENGTH_MAX,
    RESERVED,
    STATUSES_OF_A_COLUMN_MAX,
    ColumnKind,
    ReportColumn,
    list_columns_that_name,
    list_in_evaluation_sequence,
    parse_column_name,
    parse_statuses,
)
from dealtrace.reports.column_formulas import OPERANDS_MAX, parse_formula
from dealtrace.reports.column_metrics import metrics_of_columns
from dealtrace.reports.metrics import DEALS, WON_MARGIN, formula_at_site


def counted(name: str) -> ReportColumn:
    return ReportColumn(name, ColumnKind.COUNT, ("new",))


def computed(name: str, text: str) -> ReportColumn:
    return ReportColumn(name, ColumnKind.FORMULA, formula=parse_formula(text))


def names(columns: list[ReportColumn]) -> list[str]:
    return [column.name for column in columns]


def test_a_name_has_no_blanks_around_it() -> None:
    assert parse_column_name(" В работе \n") == "В работе"


@pytest.mark.parametrize("text", ["", "  ", "x" * (COLUMN_NAME_LENGTH_MAX + 1), "a\nb", "a\u202eb", *RESERVED])
def test_a_name_that_would_have_to_be_escaped_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting):
        parse_column_name(text)


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        ("new", ("new",)),
        (" new, work ,,", ("new", "work")),
        ("new,NEW,New ", ("new",)),
        ("won\\, paid,a\\\\b", ("won, paid", "a\\b")),
        ("a\\", ("a\\",)),
        ("в работе,новая", ("в работе", "новая")),
    ],
)
def test_statuses_are_separated_by_commas(text: str, statuses: tuple[str, ...]) -> None:
    assert parse_statuses(text) == statuses


@pytest.mark.parametrize(
    "text",
    ["", " , ", "new, (Not set)", "x" * 257, ",".join(str(number) for number in range(STATUSES_OF_A_COLUMN_MAX + 1))],
)
def test_a_list_of_no_statuses_or_too_many_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting):
        parse_statuses(text)


def test_statuses_of_a_column_are_compared_as_all_are() -> None:
    assert ReportColumn("x", ColumnKind.SUM, ("New ", "РАБОТА")).status_keys == {"new", "работа"}


def test_a_column_stands_behind_those_its_formula_names() -> None:
    columns = [computed("c", "column:b / column:a"), computed("b", "column:a * 2 + won"), counted("a"), counted("d")]
    assert names(list_in_evaluation_sequence(columns)) == ["a", "b", "c", "d"]
    assert list_columns_that_name("a", columns) == ["c", "b"]
    assert list_columns_that_name("d", columns) == []


@pytest.mark.parametrize(
    ("columns", "way"),
    [
        ([computed("a", "column:a + 1")], "a → a"),
        (
            [counted("x"), computed("a", "column:b"), computed("b", "column:c+1"), computed("c", "column:b")],
            "b → c → b",
        ),
    ],
)
def test_columns_that_name_each_other_are_refused(columns: list[ReportColumn], way: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        list_in_evaluation_sequence(columns)
    assert way in str(refused.value)


def test_a_formula_is_bounded_with_its_columns_written_out() -> None:
    columns = [counted("c0"), *(computed(f"c{at}", f"column:c{at - 1}*column:c{at - 1}") for at in range(1, 10))]
    assert 2**9 <= OPERANDS_MAX < 2**10
    assert len(list_in_evaluation_sequence(columns)) == 10
    with pytest.raises(InvalidSetting) as refused:
        list_in_evaluation_sequence([*columns, computed("c10", "column:c9*column:c9")])
    assert "c10" in str(refused.value)


def test_as_many_columns_as_a_site_may_have_can_stand_on_each_other() -> None:
    columns = [computed(f"c{at}", f"-column:c{at - 1}") for at in range(99, 0, -1)]
    assert names(list_in_evaluation_sequence([*columns, counted("c0")])) == [f"c{at}" for at in range(100)]


def test_a_column_depends_on_the_site_as_the_metrics_that_it_uses() -> None:
    columns = [computed("a", "romi * 2"), computed("b", "column:a - deals"), computed("c", "roas"), counted("d")]
    found = {metric.en: metric for metric in metrics_of_columns(columns).values()}
    assert {name: metric.needs_won for name, metric in found.items()} == {"a": True, "b": True, "c": True, "d": False}
    assert {name for name, metric in found.items() if metric.margin_formula is not None} == {"a", "b"}
    nested = formula_at_site(found["b"], has_won=True, has_margins=True)
    values = dict.fromkeys(nested.measures, 100)
    values |= {WON_MARGIN: 300, DEALS: WHOLE}
    assert nested.value(values) == 2 * (300 - 100) / Fraction(100) - 1
    assert WON_MARGIN not in formula_at_site(found["b"], has_won=True, has_margins=False).measures
    assert formula_at_site(found["b"], has_won=False, has_margins=True).value(values) is None
