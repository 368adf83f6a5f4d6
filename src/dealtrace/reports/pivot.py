"""A pivot: the first metric of a report by its rows and by another dimension, a column for each key of it."""

from collections.abc import Mapping
from fractions import Fraction

from dealtrace.attribution.credit import AttributionModel
from dealtrace.record import record
from dealtrace.reports.answer import Report, Row
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.metrics import Metric

COLUMNS_MAX = 100
"""Ours: columns of a pivot; those of the greatest totals are shown, of times the first."""
Figure = Fraction | None


@record
class PivotLine:
    """A row: its keys, a figure for each column, and the row's own figure in the report without columns."""

    keys: tuple[str | None, ...]
    values: tuple[Figure, ...]
    total: Figure


@record
class Pivot:
    """The columns of `report`, whose rows and total are the totals here; `columns_total` is how many keys there are."""

    report: Report
    metric: Metric
    dimension: Dimension
    columns: tuple[str | None, ...]
    columns_total: int
    lines: tuple[PivotLine, ...]
    total: PivotLine


def pivoted(rows: Report, columns: Report, cells: Report) -> Pivot:
    """Return the pivot of a report, of the same by its columns alone, and of the same by rows and columns.

    A cell without facts is zero where the figures of its row and its column are known and the metric adds up: facts
    that lack one of the dimensions have no figures there.
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
