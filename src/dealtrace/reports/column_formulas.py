"""Formulas of report columns: arithmetic over metrics and columns, parsed here and never executed as code.

    formula = product { ("+" | "-") product }
    product = factor { ("*" | "/") factor }
    factor  = "-" factor | "(" formula ")" | number | metric | column
    column  = "column:" NAME | "column:" quoted | quoted

A number is `12` or `0.5`, a metric is a plain name such as `won` or a title such as `Средний чек`, `NAME`
consists of letters, digits and `_`, and quoted names are enclosed in `"`. Blanks between tokens are ignored.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field
from decimal import Decimal
from fractions import Fraction
from typing import NoReturn

from dealtrace.errors import InvalidSetting
from dealtrace.nearest_name import nearest_name, suggestion
from dealtrace.record import record
from dealtrace.reports.metrics import METRICS

FORMULA_LENGTH_MAX = 500
"""Ours: the maximum number of characters of a formula; a longer formula is better split into several columns."""
DEPTH_MAX = 32
"""Ours: how deeply parentheses and signs may be nested."""
NUMBER_LENGTH_MAX = 20
SETTING = "formula"
"""The name that error messages about a formula give to the invalid setting."""

_BY_TITLE = {
    title.casefold(): metric.name
    for metric in METRICS.values()
    for title in (metric.ru, metric.en)
    if METRICS.get(title.casefold(), metric) == metric
}
"""The name of each metric by its titles, in lower case.

Ours: people who write formulas read the titles on pages and in files. If a column has the same name, `check_parts`
refuses the title.
"""
_TITLES = "|".join(map(re.escape, sorted(_BY_TITLE, key=len, reverse=True)))
_TOKEN = re.compile(
    rf"""\s*(?:
        (?P<number>[0-9]+(?:\.[0-9]+)?)
      | column:(?P<column>\w+)
      | (?:column:)?"(?P<quoted>[^"]*)"
      | (?P<title>(?i:{_TITLES}))(?!\w)
      | (?P<metric>[^\W\d]\w*)
      | (?P<sign>[-+*/()])
      | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
OPERANDS_MAX = 1_000
"""Ours: the maximum number of numbers and metrics in a formula and in the formulas of the columns that it uses.

This limits memory.
"""


@record
class Number:
    """A non-negative number; a minus before it becomes a `Negation`."""

    value: Decimal


@record
class MetricName:
    """The name of a metric in a formula, such as `won`; `title` is what was typed if that was a title of the metric."""

    name: str
    title: str = field(default="", compare=False)


@record
class ColumnName:
    """In the formula of a column, the name of another column of the same site."""

    name: str


@record
class Negation:
    """A formula with a minus in front."""

    operand: "FormulaTree"


@record
class FormulaOperation:
    """Two formulas joined by `+`, `-`, `*` or `/`."""

    sign: str
    left: "FormulaTree"
    right: "FormulaTree"


FormulaPart = MetricName | ColumnName
"""A metric or column that a formula uses; its value comes from the report."""
FormulaTree = Number | MetricName | ColumnName | Negation | FormulaOperation


def parse_formula(text: str) -> FormulaTree:
    """Parse a formula into its tree; whether its metrics and columns exist is not checked.

    Raises:
        InvalidSetting: the formula is too long, nested too deeply or malformed; the message says at which character.
    """
    formula = _Parser(text).parse() if len(text) <= FORMULA_LENGTH_MAX else None
    if formula is None or len(format_formula(formula)) > FORMULA_LENGTH_MAX:  # names may be longer than titles
        raise InvalidSetting(
            key=SETTING,
            ru=f"не длиннее {FORMULA_LENGTH_MAX} символов",
            en=f"cannot be longer than {FORMULA_LENGTH_MAX} characters",
        )
    return formula


def format_formula(formula: FormulaTree) -> str:
    """Format a formula, with the names of metrics, as the shortest string that is parsed to the same formula."""
    match formula:
        case Number(value):
            return f"{value:f}"
        case MetricName(name):
            return name
        case ColumnName(name):
            return f'"{name}"'
        case Negation(operand):
            return f"-{_enclosed(operand, is_needed=isinstance(operand, FormulaOperation))}"
        case FormulaOperation(sign, left, right):
            is_product = sign in "*/"
            before = _enclosed(left, is_needed=is_product and _is_sum(left))
            after = _enclosed(right, is_needed=isinstance(right, FormulaOperation) and (is_product or _is_sum(right)))
            return f"{before}{sign}{after}"


def power_of(formula: FormulaTree, has_unit: Callable[[FormulaPart], bool]) -> int | None:
    """Return the power to which a unit, such as the ruble, occurs in the values of a formula: 1 for `cost / won`.

    `has_unit` says which parts have the unit. The result is `None` for a plain number, which may be added to values of
    any unit, and also for a formula that adds values with the unit to values without it.
    """
    match formula:
        case Number():
            return None
        case MetricName() | ColumnName():
            return int(has_unit(formula))
        case Negation(operand):
            return power_of(operand, has_unit)
        case FormulaOperation(sign, left, right):
            powers = (power_of(left, has_unit), power_of(right, has_unit))
            if sign in "+-":
                known = {power for power in powers if power is not None}
                return known.pop() if len(known) == 1 else None
            if powers == (None, None):
                return None
            return (powers[0] or 0) + (powers[1] or 0) * (1 if sign == "*" else -1)


def evaluate(formula: FormulaTree, values: Mapping[FormulaPart, Fraction | None]) -> Fraction | None:
    """Return the exact value of a formula, or `None` if the formula divides by zero or uses an unknown value.

    `values` has the value of every metric and column in the formula; unknown values are `None`.
    """
    match formula:
        case Number(value):
            return Fraction(value)
        case MetricName() | ColumnName():
            return values[formula]
        case Negation(operand):
            negated = evaluate(operand, values)
            return None if negated is None else -negated
        case FormulaOperation(sign, left, right):
            before, after = evaluate(left, values), evaluate(right, values)
            return None if before is None or after is None else _joined(sign, before, after)


def list_operands(formula: FormulaTree) -> list[Number | FormulaPart]:
    """List the numbers, metrics and columns of a formula from left to right, with repetitions."""
    return list(_operands(formula))


def with_column_renamed(formula: FormulaTree, name: str, new_name: str) -> FormulaTree:
    """Return a copy of a formula in which the column `name` is called `new_name`."""
    match formula:
        case ColumnName(used) if used == name:
            return ColumnName(new_name)
        case Negation(operand):
            return Negation(with_column_renamed(operand, name, new_name))
        case FormulaOperation(sign, left, right):
            return FormulaOperation(
                sign, with_column_renamed(left, name, new_name), with_column_renamed(right, name, new_name)
            )
        case _:
            return formula


def check_parts(formula: FormulaTree, metrics: Collection[str], columns: Collection[str]) -> None:
    """Check that the metrics and columns of a formula exist.

    Raises:
        InvalidSetting: a metric or column does not exist, and the message lists those that exist; or a metric is named
            by a title that is also the name of a column.
    """
    names = {name.casefold(): name for name in columns}
    for part in _operands(formula):
        if isinstance(part, MetricName) and (column := names.get(part.title.casefold())) is not None:
            raise InvalidSetting(
                key=SETTING,
                ru=f'{part.title} — и показатель, и столбец. Пишите {part.name} (показатель) или "{column}" (столбец)',
                en=f'{part.title} is both a metric and a column. Write {part.name} (the metric) or "{column}" '
                "(the column)",
            )
        if isinstance(part, MetricName) and part.name not in metrics:
            nearest = nearest_name(part.name, [*metrics, *columns])
            raise InvalidSetting(key=SETTING, **_unknown(part.name, nearest, metrics, columns))
        if isinstance(part, ColumnName) and part.name not in columns:
            nearest = _BY_TITLE.get(part.name.casefold()) or nearest_name(part.name, columns)
            raise InvalidSetting(key=SETTING, **_unknown(f"column:{part.name}", nearest, metrics, columns))


def _unknown(name: str, nearest: str | None, metrics: Collection[str], columns: Collection[str]) -> dict[str, str]:
    known_columns = ", ".join(sorted(columns))
    meant_ru, meant_en = suggestion(nearest)
    return {
        "ru": f"нет показателя или столбца {name}.{meant_ru} Показатели: {', '.join(metrics)}. "
        f"Столбцы (как column:ИМЯ): {known_columns or 'нет'}",
        "en": f"there is no metric or column {name}.{meant_en} Metrics: {', '.join(metrics)}. "
        f"Columns (as column:NAME): {known_columns or 'none'}",
    }


def _operands(formula: FormulaTree) -> Iterator[Number | FormulaPart]:
    match formula:
        case Negation(operand):
            yield from _operands(operand)
        case FormulaOperation(_, left, right):
            yield from _operands(left)
            yield from _operands(right)
        case _:
            yield formula


def _joined(sign: str, before: Fraction, after: Fraction) -> Fraction | None:
    match sign:
        case "+":
            return before + after
        case "-":
            return before - after
        case "*":
            return before * after
        case _:
            return before / after if after else None


def _is_sum(formula: FormulaTree) -> bool:
    return isinstance(formula, FormulaOperation) and formula.sign in "+-"


def _enclosed(formula: FormulaTree, *, is_needed: bool) -> str:
    text = format_formula(formula)
    return f"({text})" if is_needed else text


class _Parser:
    """A recursive-descent parser with a method for each rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._depth = 0
        self._next()

    def parse(self) -> FormulaTree:
        formula = self._sum()
        if self._kind != "end":
            self._refuse("ожидается +, -, *, / или конец", "expected +, -, *, / or the end")
        return formula

    def _next(self, position: int = 0) -> None:
        found = _TOKEN.match(self._text, position)
        if found is None:
            blanks = len(self._text) - len(self._text[position:].lstrip())
            self._at = blanks
            self._refuse(
                "ожидается число, показатель, column:ИМЯ, скобка или знак",
                "expected a number, a metric, column:NAME, a parenthesis or a sign",
            )
        self._kind = found.lastgroup or ""
        self._value = found[self._kind]
        self._at = found.end() - len(found[0].lstrip())
        self._after = found.end()

    def _take(self) -> str:
        value = self._value
        self._next(self._after)
        return value

    def _is_at(self, signs: str) -> bool:
        return self._kind == "sign" and self._value in signs

    def _sum(self) -> FormulaTree:
        formula = self._product()
        while self._is_at("+-"):
            formula = FormulaOperation(self._take(), formula, self._product())
        return formula

    def _product(self) -> FormulaTree:
        formula = self._factor()
        while self._is_at("*/"):
            formula = FormulaOperation(self._take(), formula, self._factor())
        return formula

    def _factor(self) -> FormulaTree:
        if self._is_at("-("):
            return self._nested()
        kind = self._kind
        if kind == "number" and len(self._value) > NUMBER_LENGTH_MAX:
            self._refuse(
                f"число не длиннее {NUMBER_LENGTH_MAX} символов", f"a number has {NUMBER_LENGTH_MAX} characters at most"
            )
        if kind in ("end", "sign"):
            self._refuse(
                "ожидается число, показатель, column:ИМЯ или (",
                "expected a number, a metric, column:NAME or an opening parenthesis",
            )
        value = self._take()
        if kind == "number":
            return Number(Decimal(value))
        if kind in ("title", "metric"):
            name = _BY_TITLE.get(value.casefold(), value)
            return MetricName(name, title="" if value == name else value)
        return ColumnName(value)

    def _nested(self) -> FormulaTree:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            self._refuse(f"вложенность не больше {DEPTH_MAX}", f"nested more than {DEPTH_MAX} levels deep")
        formula: FormulaTree
        if self._take() == "-":
            formula = Negation(self._factor())
        else:
            formula = self._sum()
            if not self._is_at(")"):
                self._refuse("ожидается )", "expected )")
            self._take()
        self._depth -= 1
        return formula

    def _refuse(self, ru: str, en: str) -> NoReturn:
        raise InvalidSetting(key=SETTING, ru=f"символ {self._at + 1}: {ru}", en=f"character {self._at + 1}: {en}")
