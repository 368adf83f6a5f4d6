"""How many rows of a report a page shows, so that a page with long keys still loads at once on a phone."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate, takewhile

from dealtrace.reports.answer import Report
from dealtrace.reports.pivot import Pivot

WEIGHT_MAX = 36_000
"""The maximum size of the rows of a compressed page, in bytes; it keeps the page below 40 KB. Files have all rows."""
_WEIGHT_OF_ROW, _WEIGHT_OF_CELL, _COMPARED_TIMES = 6, 8, 2
"""Measured: how many bytes a row and a cell take in a compressed page; a compared cell takes twice as many."""


def fitting(report: Report, cells: int) -> Report:
    """Return a report with as many of its first rows as fit a page.

    `cells` is the number of cells that a row has besides its keys.
    """
    cells_weight = cells * _WEIGHT_OF_CELL * (_COMPARED_TIMES if report.compared_period is not None else 1)
    weights = (_WEIGHT_OF_ROW + cells_weight + _weight_of_keys(row.keys) for row in report.rows)
    count = sum(1 for _ in takewhile(lambda weight: weight <= WEIGHT_MAX, accumulate(weights)))
    return report if count >= len(report.rows) else replace(report, rows=report.rows[: max(count, 1)])


def fitting_pivot(pivot: Pivot) -> Pivot:
    """Return a pivot with as many of its first rows as fit a page."""
    report = fitting(pivot.report, len(pivot.columns) + 1)
    return pivot if report is pivot.report else replace(pivot, report=report, lines=pivot.lines[: len(report.rows)])


def _weight_of_keys(keys: Iterable[str | None]) -> int:
    return sum(len((key or "").encode()) for key in keys)
