"""Format reports as lines of text that fit the width of a terminal."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from rich.cells import cell_len, set_cell_size

from dealtrace.attribution.model_labels import model_key
from dealtrace.cli.output import cleaned
from dealtrace.record import record
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.formats import format_units, format_value
from dealtrace.reports.metrics import Unit
from dealtrace.reports.pivot import Pivot, PivotLine
from dealtrace.reports.reading.compared_times import compared_lines, lacking_data_text
from dealtrace.reports.reading.days_lacking_costs import known_costs_text
from dealtrace.reports.reading.overlap import overlap_text, undivided_text
from dealtrace.reports.reading.partial_times import partial_lines
from dealtrace.reports.table_columns import (
    CHANGES,
    FigurePart,
    TableColumn,
    figure_columns,
    figures_of,
    pivot_cells,
    shown_parts,
    unit_of,
)

NOTHING = "—"
GAP = "  "
KEY_WIDTH_MIN = 10
"""The smallest width in characters to which keys are cut; if the table is still too wide, figures are left out."""
CUT = "…"
SHARE_DIGITS = 2
"""The number of decimals of counts that are sums of shares, as on the pages of the cabinet."""


@record
class _Table:
    """A table of strings with headings, rows and a total; `keys` is how many columns at the left contain row keys."""

    keys: int
    headings: list[str]
    rows: list[list[str]]
    total: list[str]

    def widths(self) -> list[int]:
        """Return the width, in characters, that each column needs so that nothing is cut."""
        lines = [self.headings, *self.rows, self.total]
        return [max(cell_len(line[place]) for line in lines) for place in range(len(self.headings))]


def answer_lines(answered: Report | Pivot, width: int | None) -> Iterator[str]:
    """Yield the lines of a report or pivot table; see `report_lines` for how they fit `width`."""
    return pivot_lines(answered, width) if isinstance(answered, Pivot) else report_lines(answered, width)


def report_lines(report: Report, width: int | None) -> Iterator[str]:
    """Yield the lines of a report: its period and model, the table with its total, and notes on what is not shown.

    If the table is wider than `width` characters, keys are cut first; then changes from the compared period are left
    out, and then columns of figures, which the notes name. A `width` of `None` means no limit.
    """
    yield from _heading(report)
    columns = figure_columns(report)
    yield from _fitted(
        report, _table(report, columns), lambda: _table(report, [each for each in columns if _stays(each.part)]), width
    )
    yield from partial_lines(report, "en")
    yield from compared_lines(report, "en")


def pivot_lines(pivot: Pivot, width: int | None) -> Iterator[str]:
    """Yield the lines of a pivot table; the totals of rows come first, so that they are never left out."""
    yield from _heading(pivot.report)
    yield f"{cleaned(pivot.metric.name)}, columns by {cleaned(pivot.dimension.name)}"
    parts = shown_parts(pivot.report, pivot.metric)
    yield from _fitted(
        pivot.report, _pivot_table(pivot, parts), lambda: _pivot_table(pivot, list(filter(_stays, parts))), width
    )
    yield from partial_lines(pivot, "en")
    if len(pivot.columns) < pivot.columns_total:
        yield f"{len(pivot.columns)} of {pivot.columns_total} columns; the totals include all."


def _fitted(report: Report, table: _Table, without_changes: Callable[[], _Table], width: int | None) -> Iterator[str]:
    """Yield the lines of `table`, or of `without_changes` if `table` is too wide, and then the notes."""
    has_too_many = (
        width is not None
        and report.total.compared is not None
        and _total_width(_with_least_keys(table.widths(), table.keys)) > width
    )
    if has_too_many:
        table = without_changes()
    widths = _fitting(table, width)
    yield from _table_lines(table, widths)
    if has_too_many:
        yield "The changes do not fit (use --json or --csv)."
    yield from _notes(report, table.headings[len(widths) :])


def _stays(part: FigurePart) -> bool:
    """Return whether a column is kept if the terminal is too narrow for the columns with changes."""
    return part not in CHANGES


def _table_lines(table: _Table, widths: Sequence[int]) -> Iterator[str]:
    yield ""
    yield _line(table.headings, widths, table.keys)
    yield GAP.join("-" * each for each in widths)
    for row in table.rows:
        yield _line(row, widths, table.keys)
    yield GAP.join("-" * each for each in widths)
    yield _line(table.total, widths, table.keys)


def _heading(report: Report) -> Iterator[str]:
    question = report.question
    model = f"model {model_key(question.model)}" if question.model is not None else "all models"
    yield f"{question.period.first_on} – {question.period.last_on}, {model}"
    if report.compared_period is not None:
        lacking = f" ({text})" if (text := lacking_data_text(report, "en")) else ""
        yield f"compared with {report.compared_period.first_on} – {report.compared_period.last_on}{lacking}"


def _table(report: Report, columns: Sequence[TableColumn]) -> _Table:
    def figures(row: ReportLine) -> Iterator[str]:
        for column, figure in zip(columns, figures_of(report, columns, row), strict=True):
            yield _figure(column.unit, figure)

    keys = [cleaned(dimension.name) for dimension in report.question.by] or [""]
    rows = [[*map(_key, row.keys), *figures(row)] for row in report.rows]
    total = ["total", *[""] * (len(keys) - 1), *figures(report.total)]
    return _Table(len(keys), [*keys, *(cleaned(column.name) for column in columns)], rows, total)


def _pivot_table(pivot: Pivot, parts: Sequence[FigurePart]) -> _Table:
    def figures(line: PivotLine) -> Iterator[str]:
        *cells, total = pivot_cells(pivot, line, parts)
        for cell in (total, *cells):
            for part, figure in zip(parts, cell, strict=True):
                yield _figure(unit_of(pivot.metric, part), figure)

    keys = [cleaned(dimension.name) for dimension in pivot.report.question.by]
    rows = [[*map(_key, line.keys), *figures(line)] for line in pivot.lines]
    total = ["total", *[""] * (len(keys) - 1), *figures(pivot.total)]
    names = [name + part.name for name in ("total", *map(_key, pivot.columns)) for part in parts]
    return _Table(len(keys), [*keys, *names], rows, total)


def _key(key: str | None) -> str:
    return cleaned(key) if key is not None else NOTHING


def _figure(unit: Unit, figure: Fraction | None) -> str:
    """Format a figure; a count that is a sum of shares is rounded to two decimals, unlike in `--json`."""
    if unit is Unit.COUNT and figure is not None and figure.denominator != 1:
        return format_units(round(figure * 10**SHARE_DIGITS), SHARE_DIGITS)
    shown = format_value(unit, figure)
    return NOTHING if shown is None else str(shown)


def _fitting(table: _Table, width: int | None) -> list[int]:
    """Return the widths of the columns to show in a table of `width` characters.

    These are all columns of keys, and as many columns of figures as fit, but at least one.
    """
    widths = table.widths()
    if width is None:
        return widths
    while len(widths) > table.keys + 1 and _total_width(_with_least_keys(widths, table.keys)) > width:
        widths.pop()
    for place in reversed(range(table.keys)):
        excess = _total_width(widths) - width
        if excess > 0:
            widths[place] = max(widths[place] - excess, min(widths[place], KEY_WIDTH_MIN))
    return widths


def _with_least_keys(widths: Sequence[int], keys: int) -> list[int]:
    return [min(each, KEY_WIDTH_MIN) for each in widths[:keys]] + list(widths[keys:])


def _total_width(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _line(cells: Sequence[str], widths: Sequence[int], keys: int) -> str:
    """Return a line of the table: keys aligned left and cut if necessary, figures aligned right."""
    shown = []
    for place, (cell, width) in enumerate(zip(cells, widths, strict=False)):
        if place < keys:
            shown.append(set_cell_size(cell, width) if cell_len(cell) <= width else _cut(cell, width))
        else:
            shown.append(" " * (width - cell_len(cell)) + cell)
    return GAP.join(shown).rstrip()


def _cut(cell: str, width: int) -> str:
    return set_cell_size(cell, width - cell_len(CUT)) + CUT


def _notes(report: Report, left_out: Sequence[str]) -> Iterator[str]:
    """Yield notes on rows and columns that are not shown, and on figures that are unknown or do not add up."""
    if len(report.rows) < report.rows_total:
        yield f"{len(report.rows)} of {report.rows_total} rows; more with --limit, all with --csv."
    if left_out:
        yield "These columns do not fit (use --json or --csv):"
        yield from (f"  {name}" for name in left_out)
    yield from filter(None, (undivided_text(report.question, "en"), overlap_text(report.question, "en")))
    if lacking_costs := known_costs_text(report, "en"):
        yield lacking_costs
    if report.lacking_won:
        yield "Unknown, since no status is marked as won:"
        yield from (f"  {metric.name}" for metric in report.lacking_won)
