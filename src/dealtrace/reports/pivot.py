"""A pivot table: the first metric of a report, by its rows and by another dimension, with a column for each key."""

from collections.abc import Mapping
from fractions import Fraction

from dealtrace.attribution.credit import AttributionModel
from dealtrace.record import record
from dealtrace.reports.answer import Report, Row
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.metrics import Metric

COLUMNS_MAX = 100
"""Ours: the most columns of a pivot; the columns with the largest totals are shown, or the earliest times."""
Figure = Fraction | None


@record
class PivotLine:
    """A row of a pivot: its keys, a figure for each column, and the total of the row."""

    keys: tuple[str | None, ...]
    values: tuple[Figure, ...]
    total: Figure


@record
class Pivot:
    """A pivot of `report` by `dimension`: the keys of its columns, its rows (`lines`), and the row of column totals.

    `columns_total` is the number of all keys, which may be more than the columns shown.
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

    A cell without facts is zero if the metric adds up and both totals are known; otherwise it is unknown.
    """
    dimension = columns.question.by[0]
    metric = rows.question.metrics[0]
    (model,) = rows.total.values
    across = {row.keys[0]: _figure(row, model) for row in columns.rows}
    found: Mapping[tuple[str | None, ...], Figure] = {row.keys: _figure(row, model) for row in cells.rows}

    def cell(keys: tuple[str | None, ...], column: str | None, total: Figure) -> Figure:
        nothing = Fraction(0) if metric.adds_up and None not in (total, across[column]) else None
        return found.get((*keys, column), nothing)

    lines = []
    for row in rows.rows:
        total = _figure(row, model)
        values = tuple(cell(row.keys, column, total) for column in across)
        lines.append(PivotLine(row.keys, values, total))
    last = PivotLine((), tuple(across.values()), _figure(rows.total, model))
    return Pivot(rows, metric, dimension, tuple(across), columns.rows_total, tuple(lines), last)


def _figure(row: Row, model: AttributionModel) -> Figure:
    return row.values[model][0]
