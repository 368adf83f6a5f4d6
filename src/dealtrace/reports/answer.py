"""The answer to a question: rows put together from the measures of facts, ordered and cut."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from operator import itemgetter
from typing import Any, overload

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


Fetched = Sequence[Any]
"""A row of a statement. Any: keys are of several types."""


class GatheredRows(Mapping[Keys, Mapping[Measure, int]]):
    """The measures of rows by their keys, kept as they were fetched: as dictionaries they take twice the memory.

    A row has `width` keys and then measures.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._groups: list[tuple[tuple[Measure, ...], dict[Keys, Fetched]]] = []

    def add(self, measures: tuple[Measure, ...], rows: Sequence[Fetched]) -> None:
        """Add rows of keys, and then of these measures."""
        self._groups.append((measures, {tuple(row[: self._width]): row for row in rows}))

    def __getitem__(self, keys: Keys) -> Mapping[Measure, int]:
        """Return the measures of a row."""
        found: dict[Measure, int] = {}
        for measures, rows in self._groups:
            if (row := rows.get(keys)) is not None:
                found.update(zip(measures, row[self._width :], strict=True))
        if not found:
            raise KeyError(keys)
        return found

    def __iter__(self) -> Iterator[Keys]:
        """Iterate over the keys of all rows, each once."""
        if len(self._groups) == 1:
            return iter(self._groups[0][1])
        return iter(dict.fromkeys(keys for _, rows in self._groups for keys in rows))

    def __len__(self) -> int:
        """Return how many rows there are."""
        return sum(1 for _ in self)


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
    rows: Sequence[Row]
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
    moved = {model: _moved(side, shift) for model, side in compared.items()} if compared is not None else None

    def row_of(keys: Keys) -> Row:
        shown = tuple(spell(dimension, key) for dimension, key in zip(question.by, keys, strict=True))
        return Row(shown, figures.of_row(gathered, keys), figures.of_row(moved, keys) if moved else None)

    every = _all_keys([*gathered.values(), *(moved or {}).values()])
    ordered = _in_order(question, every, spell, lambda keys, place: figures.figure(gathered[sorted_by], keys, place))
    total = Row((), figures.of_total(gathered), figures.of_total(moved) if moved else None)
    lacking = tuple(metric for metric in question.metrics if formulas[metric] is None)
    rows = _Rows(ordered[: question.limit], row_of)
    return Report(question, rows, len(ordered), total, compared_period, lacking)


class _Rows(Sequence[Row]):
    """The rows of a report, each made when it is asked for: a file of a million rows holds one at a time."""

    def __init__(self, keys: Sequence[Keys], row_of: Callable[[Keys], Row]) -> None:
        self._keys = keys
        self._row_of = row_of

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self._keys)

    def __eq__(self, other: object) -> bool:
        """Return whether others are the same rows in the same order."""
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # rows are compared, never looked up

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        """Return the row at a place, or the rows of a slice."""
        if isinstance(place, slice):
            return _Rows(self._keys[place], self._row_of)
        return self._row_of(self._keys[place])


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

    def figure(self, side: Gathered, keys: Keys, place: int) -> Fraction | None:
        """Return the figure of a row by the metric at a place."""
        formula = self.formulas[place]
        if formula is None:
            return None
        unknown, given = side.unknown_in_rows | side.unknown, side.rows.get(keys, {})
        return formula.value(
            {measure: None if measure in unknown else given.get(measure, 0) for measure in formula.measures}
        )

    def _compute(self, given: Mapping[Measure, int], unknown: frozenset[Measure]) -> tuple[Fraction | None, ...]:
        values: Values = {measure: None if measure in unknown else given.get(measure, 0) for measure in self.measures}
        return tuple(formula.value(values) if formula is not None else None for formula in self.formulas)


def _all_keys(sides: Iterable[Gathered]) -> list[Keys]:
    first, *others = sides
    if not others:
        return list(first.rows)
    return list(dict.fromkeys(keys for side in (first, *others) for keys in side.rows))


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
    if not any(shift):
        return side
    rows = {
        tuple(key + by if isinstance(key, int) else key for key, by in zip(keys, shift, strict=True)): measures
        for keys, measures in side.rows.items()
    }
    return Gathered(rows, side.total, side.unknown_in_rows, side.unknown)


def _in_order(
    question: Question, every: list[Keys], spell: Spell, figure: Callable[[Keys, int], Fraction | None]
) -> list[Keys]:
    """Return the keys of all rows in order: as asked, else times ascending, else by the first metric, descending.

    Unknown values and missing keys come last; ties are ordered by keys in code-point order.
    """
    ordered = every
    for place in reversed(range(len(question.by))):
        ordered = _by_key(ordered, _key_rank(question, spell, place), descending=False)
    names = [metric.name for metric in question.metrics]
    if question.sort is not None:
        name, descending = question.sort.name, question.sort.is_descending
    elif question.by and question.by[0].is_time:
        ordered = _by_figure(ordered, lambda keys: figure(keys, 0), descending=True)
        name, descending = question.by[0].name, False
    else:
        name, descending = names[0], True
    if name in names:
        return _by_figure(ordered, lambda keys: figure(keys, names.index(name)), descending=descending)
    place = [dimension.name for dimension in question.by].index(name)
    return _by_key(ordered, _key_rank(question, spell, place), descending=descending)


KeyRank = Callable[[Keys], str | int | None]


def _key_rank(question: Question, spell: Spell, place: int) -> KeyRank:
    """Return what orders rows by the key at a place: times by their numbers, names as they are shown."""
    dimension = question.by[place]

    def rank(keys: Keys) -> str | int | None:
        key = keys[place]
        return key if key is None or isinstance(key, int) else spell(dimension, key) or ""

    return rank


def _by_figure(ordered: Sequence[Keys], figure: Callable[[Keys], Fraction | None], *, descending: bool) -> list[Keys]:
    """Return keys by their figures, unknown ones last; equal ones stay in order."""
    known: list[tuple[Fraction, Keys]] = []
    unknown: list[Keys] = []
    for keys in ordered:
        value = figure(keys)
        if value is None:
            unknown.append(keys)
        else:
            known.append((value, keys))
    known.sort(key=itemgetter(0), reverse=descending)
    return [keys for _, keys in known] + unknown


def _by_key(ordered: Sequence[Keys], rank: KeyRank, *, descending: bool) -> list[Keys]:
    """Return keys by what orders them, those without it last; equal ones stay in order."""
    present: list[Keys] = []
    missing: list[Keys] = []
    for keys in ordered:
        (missing if rank(keys) is None else present).append(keys)
    present.sort(key=rank, reverse=descending)  # type: ignore[arg-type]  # keys of one dimension are of one type
    return present + missing


def listed_models(question: Question) -> Sequence[AttributionModel]:
    """Return the models that a question asks for."""
    return [question.model] if question.model is not None else list(AttributionModel)
