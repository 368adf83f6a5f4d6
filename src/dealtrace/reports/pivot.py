"""A pivot table: the first metric of a report, with a column for each key of a further dimension."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from dealtrace.record import record
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.metrics import Metric

COLUMNS_MAX = 100
"""Ours: the maximum number of columns of a pivot.

If there are more, the columns with the largest totals are shown; if the columns are times, the earliest are shown.
"""
CellFigure = Fraction | None


@record
class PivotLine:
    """A row of a pivot: its keys, a figure for each column, and the total of the row.

    `compared` has the figures of the compared period, and `total_compared` their total; both are `None` if there is no
    comparison.
    """

    keys: tuple[str | None, ...]
    values: tuple[CellFigure, ...]
    total: CellFigure
    compared: tuple[CellFigure, ...] | None = None
    total_compared: CellFigure = None

    @property
    def cells(self) -> list[tuple[CellFigure, ...]]:
        """The figures of the columns, then the total.

        If there is a comparison, each is paired with its figure in the compared period.
        """
        values = (*self.values, self.total)
        if self.compared is None:
            return [(value,) for value in values]
        return list(zip(values, (*self.compared, self.total_compared), strict=True))


@record
class Pivot:
    """A pivot of `report` by `dimension`: the keys of its columns, its rows (`lines`), and the row of column totals.

    `columns_total` is the number of all keys of the dimension, which may be more than the columns shown.
    """

    report: Report
    metric: Metric
    dimension: Dimension
    columns: tuple[str | None, ...]
    columns_total: int
    lines: tuple[PivotLine, ...]
    total: PivotLine


def pivoted(rows: Report, columns: Report, cells: Report) -> Pivot:
    """Build a pivot from three reports: by rows, by columns, and by both (`cells`).

    A cell in which nothing was counted is unknown if the total of its row or column is unknown; otherwise it has the
    metric's `value_of_nothing`, which is zero for a sum or count.
    """
    table, across = _Table(rows, cells), list(columns.rows)
    lines = tuple(table.line(row, [table.cell(row, column) for column in across]) for row in rows.rows)
    keys = tuple(column.keys[0] for column in across)
    last = table.line(rows.total, across)
    return Pivot(rows, table.metric, columns.question.by[0], keys, columns.rows_total, lines, last)


class _Table:
    """Puts the figures of reports into the lines of a pivot, for the period and for the compared period."""

    def __init__(self, rows: Report, cells: Report) -> None:
        self.metric = rows.question.metrics[0]
        (self._model,) = rows.total.values
        self._has_comparison = rows.total.compared is not None
        self._found: Mapping[tuple[str | None, ...], ReportLine] = {row.keys: row for row in cells.rows}

    def line(self, total: ReportLine, cells: Sequence[ReportLine]) -> PivotLine:
        values = tuple(map(self._value, cells))
        if not self._has_comparison:
            return PivotLine(total.keys, values, self._value(total))
        compared = tuple(map(self._compared, cells))
        return PivotLine(total.keys, values, self._value(total), compared, self._compared(total))

    def cell(self, row: ReportLine, column: ReportLine) -> ReportLine:
        """Return the row of the report `cells` that has the keys of `row` and `column`, or else an empty row."""
        keys = (*row.keys, *column.keys)
        if keys in self._found:
            return self._found[keys]
        value = self._nothing(self._value(row), self._value(column))
        compared = self._nothing(self._compared(row), self._compared(column)) if self._has_comparison else None
        return ReportLine(keys, {self._model: (value,)}, {self._model: (compared,)})

    def _nothing(self, *totals: CellFigure) -> CellFigure:
        return self.metric.value_of_nothing if None not in totals else None

    def _value(self, row: ReportLine) -> CellFigure:
        return row.values[self._model][0]

    def _compared(self, row: ReportLine) -> CellFigure:
        return row.compared[self._model][0] if row.compared is not None else None
