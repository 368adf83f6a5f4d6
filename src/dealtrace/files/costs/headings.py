"""Find the headings of a table of costs: their row, and the column that each heading names."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

from dealtrace.errors import FileUnreadable
from dealtrace.files.costs.cost_columns import COST_COLUMNS, HEAD_LINES, split_units
from dealtrace.files.import_columns import (
    Layout,
    accepted_headings,
    column_titles,
    count_known,
    heading_text,
    headings_beside,
    lay_out,
    missing_columns,
    normalize_heading,
)
from dealtrace.files.row import COLUMNS_MAX, Cell, FileRow
from dealtrace.files.table_file import TableFile, open_table
from dealtrace.files.unreadable import Cure, CureKind, check_headings, check_width, empty_file, unreadable
from dealtrace.record import record


@record
class CostHeadings:
    """The headings of a table of costs: their row number and layout, and the currency and VAT in the cost heading.

    `currency` and `has_vat` (whether the costs include VAT) are `None` if the heading does not mention them.
    """

    number: int
    layout: Layout
    currency: str | None
    has_vat: bool | None


def plain_heading(cell: Cell, columns: Mapping[str, str]) -> Cell:
    """Return the name of the column to which `columns` maps a heading, or else the heading without currency and VAT."""
    return columns.get(normalize_heading(cell)) or split_units(cell).plain


def read_headings(path: Path, table: TableFile, columns: Mapping[str, str]) -> CostHeadings:
    """Find the headings of a file: of the first `HEAD_LINES` lines, the one with the most known headings.

    `columns` maps normalised headings of the file to names of columns.

    Raises:
        FileUnreadable: no line has the required headings, or a mapped heading is missing.
    """
    row = _find_headings(path, table, columns)
    check_headings(path, row)
    _check_mapped(path, row, columns)
    layout = _lay_out(row, columns)
    check_width(path, layout.width)
    for column in missing_columns(layout, COST_COLUMNS):
        (ru, en), accepted = column_titles(column), accepted_headings(column)
        raise unreadable(
            path,
            f"в первых строках, до {HEAD_LINES}-й, нет столбца {ru}; подойдут заголовки: {accepted}",
            f"the first {HEAD_LINES} lines lack a column: {en}; accepted headings: {accepted}",
            Cure(CureKind.COLUMN, column.name),
        )
    units = split_units(layout.heading_of("cost"))
    return CostHeadings(row.number, layout, units.currency, units.has_vat)


def list_headings(path: Path, encoding: str | None) -> list[str]:
    """List all headings of a file, known or not; the list is empty if the file cannot be read."""
    try:
        table = open_table(
            path, encoding, COST_COLUMNS, head_lines=HEAD_LINES, plain_heading=lambda cell: plain_heading(cell, {})
        )
        row = _find_headings(path, table, {})
    except FileUnreadable:
        return []
    return [text for cell in row.cells[:COLUMNS_MAX] if (text := heading_text(cell))]


def _find_headings(path: Path, table: TableFile, columns: Mapping[str, str]) -> FileRow:
    rows = list(islice((row for row in table.read() if not row.is_blank), HEAD_LINES))
    if not rows:
        raise empty_file(path)
    return max(rows, key=lambda row: count_known((plain_heading(cell, columns) for cell in row.cells), COST_COLUMNS))


def _lay_out(row: FileRow, columns: Mapping[str, str]) -> Layout:
    """Return the layout of a file whose headings are in `row`.

    `columns` maps headings to the columns of a table of costs. If it maps a heading to `campaign`, for example, a
    heading `campaign` that the file has as well is ignored.
    """
    taken = {normalize_heading(name) for name in columns.values()}
    texts = [heading_text(cell) for cell in row.cells]
    plain = [
        "" if normalize_heading(cell) not in columns and normalize_heading(split_units(cell).plain) in taken else cell
        for cell in row.cells
    ]
    layout = lay_out([plain_heading(cell, columns) for cell in plain], COST_COLUMNS)
    found = tuple(replace(column, heading=texts[column.position]) for column in layout.found_columns)
    return replace(layout, found_columns=found, ignored_headings=headings_beside(found, texts))


def _check_mapped(path: Path, row: FileRow, columns: Mapping[str, str]) -> None:
    present = {normalize_heading(cell) for cell in row.cells}
    for heading, name in columns.items():
        if heading not in present:
            known = ", ".join(text for cell in row.cells if (text := heading_text(cell)))
            raise unreadable(
                path,
                f"заголовка «{heading}» для столбца {name} нет в файле; в строке {row.number} есть: {known}",
                f"the heading “{heading}” for {name} is not in the file; row {row.number} has: {known}",
                Cure(CureKind.OTHER_COLUMN, name),
            )
