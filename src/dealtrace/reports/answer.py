"""Build the answer to a question: compute rows from measures, sort the rows, and limit their number."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Generic, TypeVar, overload

from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.known_costs import KnownCosts
from dealtrace.record import record
from dealtrace.reports.change import difference
from dealtrace.reports.dimensions import Dimension, Kind
from dealtrace.reports.measures import Measure, Values, known_values
from dealtrace.reports.metrics import AnyFormula, Metric, UnknownFormula
from dealtrace.reports.periods import Period
from dealtrace.reports.question import Question
from dealtrace.reports.rows.gathered import Gathered, RowKey, RowKeys, different_keys
from dealtrace.reports.time_keys import TIME_KEYS

Source = TypeVar("Source")
"""What a row of a report is built from."""
Spell = Callable[[Dimension, RowKey], str | None]
"""A function that returns a key as a string for display, or `None` for a missing key."""

ByModel = Mapping[AttributionModel, Gathered]
Figures = Mapping[AttributionModel, tuple[Fraction | None, ...]]
"""The exact values of a question's metrics, in the question's order, for each of its attribution models."""


@record
class ReportLine:
    """A row of a report: its keys as strings, its figures, and its figures in the compared period, if there is one."""

    keys: tuple[str | None, ...]
    values: Figures
    compared: Figures | None


@record
class Report:
    """The answer to `question`: the rows shown, the number of all rows, the total row, and the compared period.

    `lacking_won` lists the metrics that are unknown because no status means won. `today` is the current day at the
    site. `has_nothing_before` is true if nothing was counted in the compared period. `counted_since` is the first day
    with data, if that day is known to be in the compared period but not its first day. `known_costs` says through which
    day costs are known; it is set only for showing a report with costs.
    """

    question: Question
    rows: Sequence[ReportLine]
    rows_total: int
    total: ReportLine
    compared_period: Period | None = None
    lacking_won: tuple[Metric, ...] = ()
    today: date | None = None
    has_nothing_before: bool = False
    counted_since: date | None = None
    known_costs: KnownCosts | None = None


Formulas = Mapping[Metric, AnyFormula]
"""The formula of each metric at a site."""
Rank = tuple[object, ...]
"""The sort key of a row; its parts have the same types in all rows."""
SortRows = Callable[[Iterable[RowKeys], Callable[[RowKeys], Rank], int | None], tuple[Sequence[RowKeys], int]]
"""A function that sorts rows by rank. It returns the first rows, up to a limit, and the number of all rows."""


def sorted_in_memory(
    rows: Iterable[RowKeys], rank: Callable[[RowKeys], Rank], limit: int | None
) -> tuple[Sequence[RowKeys], int]:
    """Sort rows in memory; see `SortRows`."""
    ordered = sorted(rows, key=rank)
    return ordered[:limit], len(ordered)


@record
class Sorting:
    """The attribution model whose values determine the order of rows, and the function that sorts the rows.

    `empty_times` has the keys of the hours, days, months and so on that get a row even if nothing was counted then.
    Rows are sorted by the masked keys that `shown` returns; `shown` is `None` if nothing is masked.
    """

    model: AttributionModel
    sort_rows: SortRows = sorted_in_memory
    empty_times: Sequence[int] = ()
    shown: Spell | None = None


def build_report(
    question: Question,
    formulas: Formulas,
    gathered: ByModel,
    *,
    compared: ByModel | None = None,
    compared_period: Period | None = None,
    spell: Spell,
    sorting: Sorting,
) -> Report:
    """Build the answer to a question from the measures of its period and of its compared period."""
    figures = _Figures(question, formulas)
    moved = {model: _moved(each, shift_to(question, compared_period)) for model, each in (compared or {}).items()}

    def row_of(keys: RowKeys) -> ReportLine:
        shown = tuple(spell(dimension, key) for dimension, key in zip(question.by, keys, strict=True))
        return ReportLine(shown, figures.of_row(gathered, keys), figures.of_row(moved, keys) if moved else None)

    sides: list[Mapping[RowKeys, object]] = [each.rows for each in (*gathered.values(), *moved.values())]
    sides.append(dict.fromkeys((key,) for key in sorting.empty_times))
    side, other = gathered[sorting.model], moved[sorting.model] if moved else None
    rank = _rank(question, sorting.shown or spell, lambda keys, part: figures.figure(side, other, keys, part))
    ordered, rows_total = sorting.sort_rows(different_keys(sides), rank, question.limit)
    total = ReportLine((), figures.of_total(gathered), figures.of_total(moved) if moved else None)
    lacking = tuple(metric for metric in question.metrics if isinstance(formulas[metric], UnknownFormula))
    return Report(question, LazyRows(ordered, row_of), rows_total, total, compared_period, lacking)


class LazyRows(Sequence[ReportLine], Generic[Source]):
    """The rows of a report; each row is built only when it is accessed, so that few rows are in memory."""

    def __init__(self, sources: Sequence[Source], row_of: Callable[[Source], ReportLine]) -> None:
        self._sources = sources
        self._row_of = row_of

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._sources)

    def __eq__(self, other: object) -> bool:
        """Return whether `other` has the same rows in the same order."""
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # rows are compared, never looked up

    @overload
    def __getitem__(self, place: int) -> ReportLine: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[ReportLine]: ...

    def __getitem__(self, place: int | slice) -> ReportLine | Sequence[ReportLine]:
        """Return the row at an index, or the rows of a slice."""
        if isinstance(place, slice):
            return LazyRows(self._sources[place], self._row_of)
        return self._row_of(self._sources[place])


class _Figures:
    """Computes the metrics of a question from measures."""

    def __init__(self, question: Question, formulas: Formulas) -> None:
        self.formulas = [formulas[metric] for metric in question.metrics]
        self.measures = {measure for formula in self.formulas for measure in formula.measures}

    def of_row(self, gathered: ByModel, keys: RowKeys) -> Figures:
        """Return the figures of a row under each model; measures of a missing row are zero."""
        return {
            model: self._compute(side.rows.get(keys, {}), side.unknown_in_rows | side.unknown)
            for model, side in gathered.items()
        }

    def of_total(self, gathered: ByModel) -> Figures:
        """Return the figures of the total under each model."""
        return {model: self._compute(side.total, side.unknown) for model, side in gathered.items()}

    def figure(self, side: Gathered, compared: Gathered | None, keys: RowKeys, part: "ByFigure") -> Fraction | None:
        """Return the figure by which a row is sorted: a value or its change; `None` if unknown."""
        value = self._value(side, keys, part.place)
        if not part.is_change or compared is None:
            return value
        return difference(value, before=self._value(compared, keys, part.place))

    def _value(self, side: Gathered, keys: RowKeys, place: int) -> Fraction | None:
        formula = self.formulas[place]
        unknown, given = side.unknown_in_rows | side.unknown, side.rows.get(keys, {})
        return formula.value(known_values(formula.measures, given, unknown))

    def _compute(self, given: Values, unknown: frozenset[Measure]) -> tuple[Fraction | None, ...]:
        values = known_values(self.measures, given, unknown)
        return tuple(formula.value(values) for formula in self.formulas)


def shift_to(question: Question, compared: Period | None) -> tuple[int, ...]:
    """Return, for each dimension, the number to add to a key of the compared period to get the question's own key.

    Adding it moves the first day of the compared period to the first day of the question's period. The number is 0 for
    dimensions other than days, weeks, months and quarters.
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
    return replace(side, rows=_MovedRows(side.rows, shift)) if any(shift) else side


class _MovedRows(Mapping[RowKeys, Values]):
    """The rows of the compared period, with `shift` added to their integer keys, which are times."""

    def __init__(self, rows: Mapping[RowKeys, Values], shift: tuple[int, ...]) -> None:
        self._rows, self._shift = rows, shift
        self._back = tuple(-by for by in shift)

    def __getitem__(self, keys: RowKeys) -> Values:
        """Return the measures of a row."""
        return self._rows[shifted(keys, self._back)]

    def __contains__(self, keys: object) -> bool:
        """Return whether there is a row whose keys, with `shift` added, are `keys`."""
        return isinstance(keys, tuple) and shifted(keys, self._back) in self._rows

    def __iter__(self) -> Iterator[RowKeys]:
        """Iterate over the keys of all rows, with `shift` added."""
        return (shifted(keys, self._shift) for keys in self._rows)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self._rows)


def shifted(keys: RowKeys, shift: Sequence[int]) -> RowKeys:
    """Return the keys of a row with `shift` added to those that are integers, which are times."""
    return tuple(key + by if isinstance(key, int) else key for key, by in zip(keys, shift, strict=True))


@record
class _DescendingText:
    """A sort key that sorts strings in descending order."""

    text: str

    def __lt__(self, other: "_DescendingText") -> bool:
        """Return whether this string comes before `other` in descending order."""
        return other.text < self.text


@record
class ByFigure:
    """A sort criterion: the figures of the metric at index `place`, or their changes; unknown ones come last."""

    place: int
    is_descending: bool
    is_change: bool = False


@record
class ByKey:
    """A sort criterion: the keys at index `place`. Names are sorted by code points; missing keys come last."""

    place: int
    is_descending: bool = False


Sequencing = tuple[ByFigure | ByKey, ...]


def sequence_of(question: Question) -> Sequencing:
    """Return the criteria by which the rows of a report are sorted.

    They follow the question's sort. Without a sort, rows are in order of time if their first key is a time, and
    otherwise in descending order of the first metric. Ties are ordered by keys.
    """
    keys = tuple(ByKey(place) for place in range(len(question.by)))
    if question.sort is None and question.by and question.by[0].is_time:
        return keys[0], ByFigure(0, is_descending=True), *keys[1:]
    if question.sort is None:
        return ByFigure(0, is_descending=True), *keys
    name, is_descending = question.sort.name, question.sort.is_descending
    metrics = [metric.name for metric in question.metrics]
    if name in metrics:
        return ByFigure(metrics.index(name), is_descending, question.sort.is_by_change), *keys
    place = [dimension.name for dimension in question.by].index(name)
    return ByKey(place, is_descending), *(key for key in keys if key.place != place)


def _rank(
    question: Question, spell: Spell, figure: Callable[[RowKeys, ByFigure], Fraction | None]
) -> Callable[[RowKeys], Rank]:
    """Return a function that takes the keys of a row and returns the value to sort the row by; see `sequence_of`."""

    def by_key(keys: RowKeys, part: ByKey) -> Rank:
        key = keys[part.place]
        if key is None:
            return True, None
        if isinstance(key, int):
            return False, -key if part.is_descending else key
        text = spell(question.by[part.place], key) or ""
        return False, _DescendingText(text) if part.is_descending else text

    def by_figure(keys: RowKeys, part: ByFigure) -> Rank:
        value = figure(keys, part)
        return value is None, -value if part.is_descending and value is not None else value

    sequence = sequence_of(question)
    return lambda keys: tuple(
        by_figure(keys, part) if isinstance(part, ByFigure) else by_key(keys, part) for part in sequence
    )


def listed_models(question: Question) -> Sequence[AttributionModel]:
    """Return the attribution models of a question: its only model, or all models."""
    return [question.model] if question.model is not None else list(AttributionModel)
