"""Formulas are arithmetic over metrics and columns: exact, bounded, and refused with the place that is wrong."""

import operator
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealtrace.errors import InvalidSetting
from dealtrace.reports.column_formulas import (
    DEPTH_MAX,
    FORMULA_LENGTH_MAX,
    ColumnName,
    FormulaOperation,
    FormulaPart,
    FormulaTree,
    MetricName,
    Negation,
    Number,
    check_parts,
    evaluate,
    format_formula,
    list_operands,
    parse_formula,
    power_of,
)
from dealtrace.reports.metrics import METRICS, Metric

NAMES = ("won", "cost", "leads", "показатель")
COLUMNS = ("x", "Наши продажи", "a-b", "won", "100 %", "(", "")
OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}

numbers = st.decimals(0, 10**6, places=3).map(Number) | st.integers(0, 9).map(lambda digit: Number(Decimal(digit)))
parts = st.sampled_from(NAMES).map(MetricName) | st.sampled_from(COLUMNS).map(ColumnName)
formulas: st.SearchStrategy[FormulaTree] = st.recursive(
    numbers | parts,
    lambda inner: st.builds(Negation, inner) | st.builds(FormulaOperation, st.sampled_from("+-*/"), inner, inner),
    max_leaves=12,
)
values = st.fixed_dictionaries(
    {
        part: st.none() | st.fractions(-5, 5, max_denominator=3)
        for part in (*map(MetricName, NAMES), *map(ColumnName, COLUMNS))
    }
)


def oracle(formula: FormulaTree, known: dict[FormulaPart, Fraction | None]) -> Fraction:
    """Evaluate a formula as Python would; what has no value raises."""
    if isinstance(formula, Number):
        return Fraction(formula.value)
    if isinstance(formula, Negation):
        return -oracle(formula.operand, known)
    if isinstance(formula, FormulaOperation):
        result: Fraction = OPERATORS[formula.sign](oracle(formula.left, known), oracle(formula.right, known))
        return result
    value = known[formula]
    if value is None:
        raise ZeroDivisionError
    return value


def refusal(text: str) -> InvalidSetting:
    with pytest.raises(InvalidSetting) as refused:
        parse_formula(text)
    return refused.value


@given(formulas)
def test_a_formula_is_read_back_as_it_was_written(formula: FormulaTree) -> None:
    assert parse_formula(format_formula(formula)) == formula


@given(formulas, st.sampled_from(["", " ", "\n\t"]))
def test_no_way_of_writing_a_formula_is_shorter(formula: FormulaTree, blank: str) -> None:
    def write(part: FormulaTree) -> str:
        match part:
            case Negation(operand):
                return f"-{blank}({write(operand)})"
            case FormulaOperation(sign, left, right):
                return f"({write(left)}){blank}{sign}({write(right)})"
            case ColumnName(name) if name in ("x", "won"):
                return f"column:{name}{blank}"
            case _:
                return format_formula(part)

    written = write(formula)
    read = parse_formula(written)
    assert read == formula
    assert len(format_formula(read)) <= len(written)


@given(formulas, values)
def test_the_value_is_exact_and_unknown_over_zero_or_an_unknown_part(
    formula: FormulaTree, known: dict[FormulaPart, Fraction | None]
) -> None:
    try:
        expected: Fraction | None = oracle(formula, known)
    except ZeroDivisionError:
        expected = None
    assert evaluate(formula, known) == expected


@given(st.text('won1. +-*/()":column,\\é\0', max_size=20) | st.text(max_size=20))
def test_any_text_is_a_formula_or_refused(text: str) -> None:
    try:
        formula = parse_formula(text)
    except InvalidSetting:
        return
    assert parse_formula(format_formula(formula)) == formula


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", Fraction(7)),
        ("(1 + 2) * 3", Fraction(9)),
        ("10 - 4 - 3", Fraction(3)),
        ("12 / 4 / 3", Fraction(1)),
        ("2 - -3", Fraction(5)),
        ("-2 * 3", Fraction(-6)),
        ("-(won + 0.5)", Fraction(-7, 2)),
        ("won / column:work", Fraction(3, 4)),
        ('won/"in work"', Fraction(3, 5)),
        ('won / column:"in work"', Fraction(3, 5)),
        ("won / (won - 3)", None),
        ("cost * 0", None),
        ("0.1 + 0.2", Fraction(3, 10)),
    ],
)
def test_worked_examples(text: str, value: Fraction | None) -> None:
    known: dict[FormulaPart, Fraction | None] = {
        MetricName("won"): Fraction(3),
        MetricName("cost"): None,
        ColumnName("work"): Fraction(4),
        ColumnName("in work"): Fraction(5),
    }
    assert evaluate(parse_formula(text), known) == value


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 1, "a number, a metric"),
        ("won +", 6, "a number, a metric"),
        ("won  leads", 6, "+, -, *, / or the end"),
        ("(won", 5, "expected )"),
        ("won)", 4, "the end"),
        ("won ^ 2", 5, "a parenthesis or a sign"),
        ("1,5", 2, "a sign"),
        ("* won", 1, "a number, a metric"),
        ("1e5", 2, "the end"),
        ("column:", 7, "a sign"),
        ('won * "x', 7, "a sign"),
        ("__import__('os')", 11, "the end"),
        ("1" * 21, 1, "20 characters at most"),
    ],
)
def test_a_refusal_says_where_and_what_is_expected(text: str, position: int, expected: str) -> None:
    refused = refusal(text)
    assert f"character {position}:" in str(refused)
    assert expected in str(refused)


def test_a_formula_is_neither_too_long_nor_too_deep() -> None:
    assert "cannot be longer" in str(refusal("1" + " " * FORMULA_LENGTH_MAX))
    assert parse_formula("(" * DEPTH_MAX + "1" + ")" * DEPTH_MAX) == Number(Decimal(1))
    for opening, closing in (("(", ")"), ("-", "")):
        deep = DEPTH_MAX + 1
        assert f"character {deep}: nested" in str(refusal(opening * deep + "1" + closing * deep))
    longest = "+".join(["1"] * (FORMULA_LENGTH_MAX // 2))
    assert evaluate(parse_formula(longest), {}) == FORMULA_LENGTH_MAX // 2
    assert format_formula(parse_formula(longest)) == longest


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_a_metric_may_be_named_by_its_title_in_both_languages(metric: Metric) -> None:
    for title in (metric.ru, metric.en):
        assert parse_formula(f"{title}/2") == parse_formula(f"{title.upper()} / 2")
        assert list_operands(parse_formula(f"2 * {title}"))[1] == MetricName(metric.name)
        assert list_operands(parse_formula(f'2 * "{title}"'))[1] == ColumnName(title), "columns have any name"


def test_a_title_that_is_also_the_name_of_a_column_is_refused_and_the_names_of_both_are_not() -> None:
    for formula in ("amount / 2", '"Amount" / 2', "won / 2"):
        check_parts(parse_formula(formula), ["amount", "won"], ["Amount", "won"])
    for formula in ("Amount / 2", "Сумма сделок / 2"):
        with pytest.raises(
            InvalidSetting, match=r'Write amount \(the metric\) or "(AMOUNT|сумма сделок)" \(the column\)'
        ):
            check_parts(parse_formula(formula), ["amount", "won"], ["AMOUNT", "сумма сделок"])


def test_letters_of_other_alphabets_are_no_title() -> None:
    assert parse_formula("V\u0130S\u0130TS") == MetricName("V\u0130S\u0130TS")
    assert parse_formula("V\u0131s\u0131ts") == MetricName("V\u0131s\u0131ts")


def test_a_formula_is_not_longer_with_names_than_it_may_be() -> None:
    half = FORMULA_LENGTH_MAX // len("Выручка+")
    assert len(list_operands(parse_formula("+".join(["Выручка"] * (half // 2))))) == half // 2
    assert "cannot be longer than" in str(refusal("+".join(["Выручка"] * half)))


def test_its_operands_are_listed_from_left_to_right() -> None:
    assert list_operands(parse_formula("-(won + 1) / (won * column:x)")) == [
        MetricName("won"),
        Number(Decimal(1)),
        MetricName("won"),
        ColumnName("x"),
    ]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("wno / leads", "no metric or column wno. Did you mean won?"),
        ("column:wrok", "no metric or column column:wrok. Did you mean work?"),
        ('"won"', "no metric or column column:won."),
        ('"Средний чек" / 2', "no metric or column column:Средний чек. Did you mean average?"),
        ("work", "no metric or column work. Did you mean work?"),
    ],
)
def test_an_unknown_name_is_named_with_those_that_exist(text: str, named: str) -> None:
    check_parts(parse_formula("won + leads + column:work + column:0"), ["won", "leads"], ["work", "0"])
    with pytest.raises(InvalidSetting) as refused:
        check_parts(parse_formula(text), ["won", "leads"], ["work"])
    assert named in str(refused.value)
    assert "Metrics: won, leads. Columns (as column:NAME): work" in str(refused.value)


@pytest.mark.parametrize(
    ("formula", "power"),
    [
        ("won_amount - cost", 1),
        ("-(cost + 100) * 1.2", 1),
        ("amount / won", 1),
        ("2 * cost", 1),
        ("won / deals", 0),
        ("won_amount / cost", 0),
        ("1 / cost", -1),
        ("cost * amount", 2),
        ("cost + won", None),
        ("7", None),
        ("2 * 3", None),
        ("cost - cost", 1),
    ],
)
def test_a_formula_says_whether_its_values_are_amounts_of_money(formula: str, power: int | None) -> None:
    of_money = {MetricName("cost"), MetricName("amount"), MetricName("won_amount")}
    assert power_of(parse_formula(formula), lambda part: part in of_money) == power
