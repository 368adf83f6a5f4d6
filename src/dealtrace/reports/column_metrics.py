"""Turn the columns that a site defines for its reports into metrics."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from dealtrace.record import record
from dealtrace.reports.column_definitions import ColumnKind, ReportColumn, list_in_evaluation_sequence
from dealtrace.reports.column_formulas import (
    ColumnName,
    FormulaPart,
    FormulaTree,
    MetricName,
    evaluate,
    list_operands,
    power_of,
)
from dealtrace.reports.facts import Fact
from dealtrace.reports.measures import Aggregate, Measure, Values
from dealtrace.reports.metrics import (
    COLUMN_PREFIX,
    METRICS,
    AnyFormula,
    Group,
    Growth,
    Metric,
    Unit,
    plain,
)


@record
class ColumnFormula:
    """The formula of a column as a `tree`, and the formulas of the metrics and other columns that the tree names."""

    tree: FormulaTree
    parts: tuple[tuple[FormulaPart, AnyFormula], ...]

    @property
    def measures(self) -> frozenset[Measure]:
        """Return the measures that the formula needs."""
        return frozenset(measure for _, part in self.parts for measure in part.measures)

    @property
    def adds_up(self) -> bool:
        """Return `False`, since the values of a formula in the rows need not add up to its value in the total."""
        return False

    def value(self, values: Values) -> Fraction | None:
        """Return the exact value, or `None` if a part is unknown or a divisor is zero."""
        return evaluate(self.tree, {name: part.value(values) for name, part in self.parts})


def metrics_of_columns(columns: Iterable[ReportColumn]) -> Mapping[str, Metric]:
    """Return a site's columns as metrics, by name.

    A column has a `margin_formula` if a metric that it uses has one, and `needs_won` is true if it is true for such a
    metric.
    """
    named: dict[FormulaPart, Metric] = {MetricName(name): metric for name, metric in METRICS.items()}
    found: dict[str, Metric] = {}
    for column in list_in_evaluation_sequence(columns):
        metric = _metric_of(column, named)
        named[ColumnName(column.name)] = found[metric.name] = metric
    return found


def _metric_of(column: ReportColumn, named: Mapping[FormulaPart, Metric]) -> Metric:
    """Return a column as a metric; `named` has all metrics and columns that the column's formula may use."""
    operands = list_operands(column.formula) if column.formula is not None else ()
    names = {part for part in operands if isinstance(part, MetricName | ColumnName)}
    parts = {name: named[name] for name in sorted(names, key=repr)}
    formulas = {name: part.formula for name, part in parts.items()}
    of_margins = {name: part.margin_formula for name, part in parts.items() if part.margin_formula is not None}
    ru, en = _titles(column.name)
    return Metric(
        f"{COLUMN_PREFIX}{column.name}",
        ru,
        en,
        *_MEANING,
        Group.OWN,
        _unit_of(column, {name: part.unit for name, part in parts.items()}),
        _formula_of(column, formulas),
        needs_won=any(part.needs_won for part in parts.values()),
        margin_formula=_formula_of(column, {**formulas, **of_margins}) if of_margins else None,
        growth=Growth.NEUTRAL,
    )


def _titles(name: str) -> tuple[str, str]:
    """Return the Russian and English titles of a column, marked as the site's own if a metric has the same title."""
    taken = {title.casefold() for metric in METRICS.values() for title in (metric.ru, metric.en)}
    return (f"{name} (свой столбец)", f"{name} (custom column)") if name.casefold() in taken else (name, name)


_MEANING = ("столбец, созданный пользователями", "a column defined by users")
_UNITS = {ColumnKind.COUNT: Unit.COUNT, ColumnKind.SUM: Unit.MONEY, ColumnKind.FORMULA: Unit.NUMBER}


def _unit_of(column: ReportColumn, units: Mapping[FormulaPart, Unit]) -> Unit:
    """Return the unit of a column; a formula in rubles, such as `won_amount - cost`, has the unit of prices.

    Pages show such values as amounts in rubles; answers of the API show them like any other number.
    """
    if column.formula is not None and power_of(column.formula, lambda part: units[part] in _RUBLES) == 1:
        return Unit.PRICE
    return _UNITS[column.kind]


_RUBLES = (Unit.MONEY, Unit.PRICE)


def _formula_of(column: ReportColumn, parts: Mapping[FormulaPart, AnyFormula]) -> AnyFormula:
    """Return the formula of a column; `parts` has the formulas of the metrics and columns that it uses."""
    if column.formula is not None:
        return ColumnFormula(column.formula, tuple(parts.items()))
    is_sum = column.kind is ColumnKind.SUM
    aggregate, attribute = (Aggregate.MONEY, "amount") if is_sum else (Aggregate.COUNT, "")
    return plain(Measure(Fact.DEALS, aggregate, attribute, statuses=column.status_keys))
