"""Build the answer to a question: compute rows from the measures of facts, sort and limit them."""

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
"""A key in SQL statements: a number for a time, a case-folded text for a name, or `None` if it is missing."""
Keys = tuple[Key, ...]
Spell = Callable[[Dimension, Key], str | None]
"""Returns the text of a key for display."""


Fetched = Sequence[Any]
"""A row fetched from the database. Any: its keys have several types."""


class GatheredRows(Mapping[Keys, Mapping[Measure, int]]):
    """A mapping from the keys of a row to its measures. It keeps fetched rows, which need half the memory of `dict`s.

    A fetched row has `width` keys, then its measures.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._groups: list[tuple[tuple[Measure, ...], dict[Keys, Fetched]]] = []

    def add(self, measures: tuple[Measure, ...], rows: Sequence[Fetched]) -> None:
        """Add fetched rows; each row has its keys, followed by the values of `measures`."""
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
    """The measures of all rows and of the total, for one period and one model.

    `rows` has the measures of each row by its keys; a measure that is missing there is zero, unless it is unknown.
    `unknown_in_rows` are the measures of facts that lack a dimension of the rows. `unknown` are the measures of facts
    that lack a dimension of a filter; their totals are unknown too.
    """

    rows: Mapping[Keys, Mapping[Measure, int]]
    total: Mapping[Measure, int]
    unknown_in_rows: frozenset[Measure] = frozenset()
    unknown: frozenset[Measure] = frozenset()


ByModel = Mapping[AttributionModel, Gathered]
Figures = Mapping[AttributionModel, tuple[Fraction | None, ...]]
"""The exact values of a question's metrics, in the question's order, for each of its attribution models."""


@record
class Row:
    """A row: the texts of its keys, its figures, and the figures of the compared period, if there is one."""

    keys: tuple[str | None, ...]
    values: Figures
    compared: Figures | None


@record
class Report:
    """The answer to `question`: the rows shown, the number of all rows, the total, and the compared period.

    `lacking_won` lists the metrics that are unknown because no status of the site means won.
    """

    question: Question
    rows: Sequence[Row]
    rows_total: int
    total: Row
    compared_period: Period | None = None
    lacking_won: tuple[Metric, ...] = ()


Formulas = Mapping[Metric, AnyFormula | None]
"""The formula of each metric at a site, or `None` for a metric that is unknown there."""


def put_together(
    question: Question,
    formulas: Formulas,
    gathered: ByModel,
    compared: ByModel | None,
    compared_period: Period | None,
    spell: Spell,
    sorted_by: AttributionModel,
) -> Report:
    """Build the answer to a question; rows are sorted by their values under the model `sorted_by`."""
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
    """The rows of a report, each built on access, so that writing a million rows needs memory for one."""

    def __init__(self, keys: Sequence[Keys], row_of: Callable[[Keys], Row]) -> None:
        self._keys = keys
        self._row_of = row_of

    def __len__(self) -> int:
        """Return the number of rows."""
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
        """Return the row at an index, or the rows of a slice."""
        if isinstance(place, slice):
            return _Rows(self._keys[place], self._row_of)
        return self._row_of(self._keys[place])


class _Figures:
    """Computes the metrics of a question from measures."""

    def __init__(self, question: Question, formulas: Formulas) -> None:
        self.formulas = [formulas[metric] for metric in question.metrics]
        self.measures = {measure for formula in self.formulas if formula is not None for measure in formula.measures}

    def of_row(self, gathered: ByModel, keys: Keys) -> Figures:
        """Return the figures of a row; measures of a missing row are zero."""
        return {
            model: self._compute(side.rows.get(keys, {}), side.unknown_in_rows | side.unknown)
            for model, side in gathered.items()
        }

    def of_total(self, gathered: ByModel) -> Figures:
        """Return the figures of the total."""
        return {model: self._compute(side.total, side.unknown) for model, side in gathered.items()}

    def figure(self, side: Gathered, keys: Keys, place: int) -> Fraction | None:
        """Return the figure of a row for the metric at an index."""
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
    """Return, for each dimension, how far keys of the compared period are from their counterparts in the question's.

    The first day of one period becomes the first day of the other. The number is 0 for dimensions that are not days,
    weeks, months or quarters.
    """
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
    """Return the keys of all rows in the order of the report.

    Rows follow the question's sort. Without a sort, times are ascending, else the first metric is descending. Unknown
    values and missing keys come last; ties are ordered by keys in code-point order.
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
    """Return a function that ranks rows by the key at an index: the number of a time, or the shown text of a name."""
    dimension = question.by[place]

    def rank(keys: Keys) -> str | int | None:
        key = keys[place]
        return key if key is None or isinstance(key, int) else spell(dimension, key) or ""

    return rank


def _by_figure(ordered: Sequence[Keys], figure: Callable[[Keys], Fraction | None], *, descending: bool) -> list[Keys]:
    """Return keys sorted by figure, unknown figures last; equal figures keep the input order."""
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
    """Return keys sorted by `rank`, keys without a rank last; equal ranks keep the input order."""
    present: list[Keys] = []
    missing: list[Keys] = []
    for keys in ordered:
        (missing if rank(keys) is None else present).append(keys)
    present.sort(key=rank, reverse=descending)  # type: ignore[arg-type]  # keys of one dimension are of one type
    return present + missing


def listed_models(question: Question) -> Sequence[AttributionModel]:
    """Return the attribution models of a question: its only model, or all models."""
    return [question.model] if question.model is not None else list(AttributionModel)
