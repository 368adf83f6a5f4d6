"""Reports for people who may not see contacts: keys that look like contacts are masked."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from dealtrace.cabinet.reports.models import ModelCell, ModelsTable
from dealtrace.cabinet.reports.pivot import PivotTable
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.reports.table import Cell, KeyCell, Table
from dealtrace.cabinet.view import View
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.filters import Filter, format_filter
from dealtrace.reports.pivot import Pivot
from dealtrace.reports.question import Question
from dealtrace.reports.reading.masked_keys import masked_key

Linked = TypeVar("Linked", Cell, ModelCell)


def rows_page_for(view: View, question: Question, url: ReportUrl) -> str:
    """Return the path of the page with the rows behind a figure; the figures of a report have links to this page.

    The path is empty if a segment of the question filters by contacts that the person may not see: the URL of the
    report only refers to the segment, but the URLs of the links would contain the segment's filters.
    """
    is_open = view.may_see_contacts or not any(
        format_filter(condition) not in url.filters and _names_contacts(condition) for condition in question.filters
    )
    return f"/cabinet/{view.current_site.id}/reports/rows" if is_open else ""


def _names_contacts(condition: Filter) -> bool:
    return any(masked_key(condition.dimension, value) != value for value in condition.values)


def table_for_readers(table: Table, by: Sequence[Dimension]) -> Table:
    """Return a copy of a report's table with contacts in keys masked.

    Masked keys and the figures of their rows have no links, since the URLs would contain the contact. `by` are the
    dimensions of the keys.
    """
    lines = []
    for line in table.lines:
        keys = _keys(by, line.keys)
        lines.append(replace(line, keys=keys, cells=line.cells if keys == line.keys else _unlinked(line.cells)))
    return replace(table, lines=tuple(lines))


def models_for_readers(table: ModelsTable, by: Sequence[Dimension]) -> ModelsTable:
    """Return a copy of a table of all attribution models; contacts in its keys are masked as in `table_for_readers`."""
    lines = []
    for line in table.lines:
        keys = _keys(by, line.keys)
        lines.append(replace(line, keys=keys, values=line.values if keys == line.keys else _unlinked(line.values)))
    return replace(table, lines=tuple(lines))


def pivot_for_readers(table: PivotTable, pivot: Pivot) -> PivotTable:
    """Return a copy of the table of a pivot with contacts in its keys masked; see `table_for_readers`."""
    by = pivot.report.question.by
    columns = tuple(_key(pivot.dimension, column) for column in table.columns)
    is_masked = [*(after != before for after, before in zip(columns, table.columns, strict=True)), False]
    rows = []
    for row in table.rows:
        keys = _keys(by, row.keys)
        cells = tuple(
            replace(cell, url="") if keys != row.keys or masked else cell
            for cell, masked in zip(row.cells, is_masked, strict=True)
        )
        rows.append(replace(row, keys=keys, cells=cells))
    total = tuple(
        replace(cell, url="") if masked else cell for cell, masked in zip(table.total, is_masked, strict=True)
    )
    return replace(table, columns=columns, rows=tuple(rows), total=total)


def _unlinked(cells: Sequence[Linked]) -> tuple[Linked, ...]:
    return tuple(replace(cell, url="") for cell in cells)


def _keys(by: Sequence[Dimension], keys: tuple[KeyCell, ...]) -> tuple[KeyCell, ...]:
    """Return the keys of a row; if one is masked, no key has a link, since any link may contain the masked contact."""
    shown = tuple(_key(dimension, key) for dimension, key in zip(by, keys, strict=True))
    return shown if shown == keys else tuple(replace(key, url="") for key in shown)


def _key(dimension: Dimension, key: KeyCell) -> KeyCell:
    words = masked_key(dimension, key.words)
    return key if words == key.words else replace(key, words=words, url="")
