"""The answer to a question: rows put together from the measures of facts, ordered and cut."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

from dealtrace.attribution.credit import AttributionModel
from dealtrace.record import record
from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.measures import Measure
from dealtrace.reports.metrics import AnyFormula, Metric, Values
from dealtrace.reports.periods import Period
from dealtrace.reports.question import Question
from dealtrace.reports.time_keys import TIME_KEYS

Key = str | int | None
"""A key in statements: a number for times, the folded form of names, `None` for nothing."""
Keys = tuple[Key, ...]
Spell = Callable[[Dimension, Key], str | None]
"""Returns a key as it is shown."""


@record
class Gathered:
    """The measures of one period under one model, by keys, and those of the total.

    A measure that a row or the total lacks is zero there, unless it is `unknown_in_rows` or `unknown`: facts that lack
    a dimension of the grouping have no figures in its rows, and those that lack a filtered one have none at all.
    """

    rows: Mapping[Keys, Mapping[Measure, int]]
    total: Mapping[Measure, int]
    unknown_in_rows: frozenset[Measure] = frozenset()
    unknown: frozenset[Measure] = frozenset()


ByModel = Mapping[AttributionModel, Gathered]
Figures = Mapping[AttributionModel, tuple[Fraction | None, ...]]
"""Exact values of the asked metrics, in their order, under each asked model."""


@record
class Row:
    """A row: its keys as they are shown, its figures, and those of the compared period."""

    keys: tuple[str | None, ...]
    values: Figures
    compared: Figures | None


@record
class Report:
    """The answer to `question`: the rows shown, how many there are, the total, and what of the period was compared.

    `lacking_won` are the metrics that are unknown because the site has not named its won statuses.
    """

    question: Question
    rows: tuple[Row, ...]
    rows_total: int
    total: Row
    compared_period: Period | None = None
    lacking_won: tuple[Metric, ...] = ()


Formulas = Mapping[Metric, AnyFormula | None]
"""The formula that counts for each metric at a site; `None` if its value is unknown there."""


def put_together(
    question: Question,
    formulas: Formulas,
    gathered: ByModel,
    compared: ByModel | None,
    compared_period: Period | None,
    spell: Spell,
    sorted_by: AttributionModel,
) -> Report:
    """Return the answer to a question; rows are ordered by their values under the model `sorted_by`."""
    figures = _Figures(question, formulas)
    shift = _shift_to(question, compared_period)
    found: dict[Keys, Row] = {}
    moved = {model: _moved(side, shift) for model, side in compared.items()} if compared is not None else None
    for keys in _all_keys([*gathered.values(), *(moved or {}).values()]):
        shown = tuple(spell(dimension, key) for dimension, key in zip(question.by, keys, strict=True))
        found[keys] = Row(shown, figures.of_row(gathered, keys), figures.of_row(moved, keys) if moved else None)
    rows = _in_order(question, found, sorted_by)
    total = Row((), figures.of_total(gathered), figures.of_total(moved) if moved else None)
    lacking = tuple(metric for metric in question.metrics if formulas[metric] is None)
    return Report(question, tuple(rows[: question.limit]), len(rows), total, compared_period, lacking)


class _Figures:
    """Computes the metrics of a question from measures."""

    def __init__(self, question: Question, formulas: Formulas) -> None:
        self.formulas = [formulas[metric] for metric in question.metrics]
        self.measures = {measure for formula in self.formulas if formula is not None for measure in formula.measures}

    def of_row(self, gathered: ByModel, keys: Keys) -> Figures:
        """Return the figures of a row; a row that is missing has zeros where others have numbers."""
        return {
            model: self._compute(side.rows.get(keys, {}), side.unknown_in_rows | side.unknown)
            for model, side in gathered.items()
        }

    def of_total(self, gathered: ByModel) -> Figures:
        """Return the figures of the total."""
        return {model: self._compute(side.total, side.unknown) for model, side in gathered.items()}

    def _compute(self, given: Mapping[Measure, int], unknown: frozenset[Measure]) -> tuple[Fraction | None, ...]:
        values: Values = {measure: None if measure in unknown else given.get(measure, 0) for measure in self.measures}
        return tuple(formula.value(values) if formula is not None else None for formula in self.formulas)


def _all_keys(sides: Iterable[Gathered]) -> list[Keys]:
    return list(dict.fromkeys(keys for side in sides for keys in side.rows))


def _shift_to(question: Question, compared: Period | None) -> tuple[int, ...]:
    """Return what to add to each key of the compared period: stretches of the calendar are compared by their place."""
    if compared is None:
        return ()
    return tuple(
        number(question.period.first_on) - number(compared.first_on)
        if dimension.kind is Kind.CALENDAR and (number := TIME_KEYS[dimension.name].number_of) is not None
        else 0
        for dimension in question.by
    )


def _moved(side: Gathered, shift: tuple[int, ...]) -> Gathered:
    rows = {
        tuple(key + by if isinstance(key, int) else key for key, by in zip(keys, shift, strict=True)): measures
        for keys, measures in side.rows.items()
    }
    return Gathered(rows, side.total, side.unknown_in_rows, side.unknown)


def _in_order(question: Question, found: Mapping[Keys, Row], model: AttributionModel) -> list[Row]:
    """Return the rows in order: as asked, else times ascending, else by the first metric, the greatest first.

    Unknown values and missing keys come last; ties are ordered by keys in code-point order.
    """
    rows = [(_key_order(keys, row), row) for keys, row in found.items()]
    rows.sort(key=lambda pair: pair[0])
    names = [metric.name for metric in question.metrics]
    if question.sort is not None:
        name, descending = question.sort.name, question.sort.is_descending
    elif question.by and question.by[0].is_time:
        _sort_by_metric(rows, 0, model, descending=True)
        name, descending = question.by[0].name, False
    else:
        name, descending = names[0], True
    if name in names:
        _sort_by_metric(rows, names.index(name), model, descending=descending)
    else:
        _sort_by_key(rows, [dimension.name for dimension in question.by].index(name), descending=descending)
    return [row for _, row in rows]


KeyOrder = tuple[tuple[bool, str | int], ...]


def _key_order(keys: Keys, row: Row) -> KeyOrder:
    """Return what orders keys: times by their numbers, names as they are shown, nothing last."""
    return tuple(
        (key is None, key if isinstance(key, int) else shown or "") for key, shown in zip(keys, row.keys, strict=True)
    )


def _sort_by_metric(rows: list[tuple[KeyOrder, Row]], place: int, model: AttributionModel, *, descending: bool) -> None:
    def value(pair: tuple[KeyOrder, Row]) -> tuple[bool, Fraction]:
        found = pair[1].values[model][place]
        return found is None, (-found if descending else found) if found is not None else Fraction(0)

    rows.sort(key=value)


def _sort_by_key(rows: list[tuple[KeyOrder, Row]], place: int, *, descending: bool) -> None:
    present = [pair for pair in rows if not pair[0][place][0]]
    missing = [pair for pair in rows if pair[0][place][0]]
    present.sort(key=lambda pair: pair[0][place][1], reverse=descending)
    rows[:] = present + missing


def listed_models(question: Question) -> Sequence[AttributionModel]:
    """Return the models that a question asks for."""
    return [question.model] if question.model is not None else list(AttributionModel)
