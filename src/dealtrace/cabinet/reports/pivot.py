"""A pivot as a table for templates: figures by rows and columns, each with a link to the rows behind it."""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.formats import metric_value
from dealtrace.cabinet.reports.change_texts import FigureChange, change_of, growth_in_row
from dealtrace.cabinet.reports.form_fields import MetricChoice
from dealtrace.cabinet.reports.key_cells import KeyCell, KeyCellBuilder
from dealtrace.cabinet.reports.report_url import ReportUrl, narrowed_url
from dealtrace.cabinet.reports.source_drilldown import key_url
from dealtrace.cabinet.reports.table import (
    TableHeading,
    Translate,
    headings_of,
    legend_of,
    mark_of,
    more_rows,
    rows_url,
    sorted_column,
)
from dealtrace.errors import Language, text_in
from dealtrace.record import record
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.filters import format_names
from dealtrace.reports.pivot import CellFigure, Pivot, PivotLine
from dealtrace.reports.reading.compared_times import has_changes
from dealtrace.reports.reading.good_and_bad import best_and_worst, can_be_best, is_paid
from dealtrace.reports.reading.masking import masked_key


@record
class PivotCell:
    """A figure: its text, its change, and the URL of the rows behind it; the URL is empty if there is no link.

    `note` says that a price is zero because there are no costs. `mark` is set if the figure is the best or the worst of
    its column.
    """

    text: str
    url: str
    change: FigureChange | None
    note: str = ""
    mark: str = ""


@record
class PivotRow:
    """A row of the table: its keys and figures; the last cell is the total of the row."""

    keys: tuple[KeyCell, ...]
    cells: tuple[PivotCell, ...]


@record
class PivotTable:
    """The table of a pivot: the headings of its keys, of its totals and of each column, its rows, and the total line.

    `more` is the URL of the report with more rows, empty if there are none. `is_sorted_by_total` is true if the
    rows are sorted by their totals, and not by a key. `legend` explains the marks, and is empty if there are none.
    """

    metric: str
    by: tuple[TableHeading, ...]
    total_heading: TableHeading
    columns_by: str
    columns: tuple[KeyCell, ...]
    rows: tuple[PivotRow, ...]
    total: tuple[PivotCell, ...]
    rows_total: int
    columns_total: int
    more: str
    is_sorted_by_total: bool
    legend: str = ""

    @property
    def keys_count(self) -> int:
        """Return the number of keys of a row."""
        return len(self.by)

    @property
    def rows_shown(self) -> int:
        """Return the number of rows that the table has."""
        return len(self.rows)

    @property
    def columns_shown(self) -> int:
        """Return the number of columns that the table has."""
        return len(self.columns)


def pivot_table(
    pivot: Pivot, url: ReportUrl | None, rows_page: str, language: Language, translate: Translate
) -> PivotTable:
    """Return the table of a pivot; if `url` is `None`, the table has no links, and contacts in it are masked."""
    builder = _Shaper(pivot, url, rows_page, language, translate)
    rows = tuple(builder.row(line) for line in pivot.lines)
    return PivotTable(
        text_in(language, pivot.metric),
        *_headings(pivot, url, language, translate),
        text_in(language, pivot.dimension),
        tuple(builder.column(key) for key in pivot.columns),
        rows,
        builder.row(pivot.total).cells,
        pivot.report.rows_total,
        pivot.columns_total,
        more_rows(pivot.report, url) if url is not None else "",
        sorted_column(pivot.report.question) >= len(pivot.report.question.by),
        builder.legend if any(cell.mark for row in rows for cell in row.cells) else "",
    )


def metric_choices(url: ReportUrl, names: Sequence[tuple[str, str]]) -> tuple[MetricChoice, ...]:
    """Return a choice for each metric, with the URL that puts this metric first, or nothing for a single metric.

    `names` has the name and the title of each metric.
    """
    listed = [name for name, _ in names]
    if len(listed) == 1:
        return ()
    return tuple(
        MetricChoice(
            title,
            url.link(metrics=format_names([name, *(other for other in listed if other != name)])),
            name == listed[0],
        )
        for name, title in names
    )


def _headings(
    pivot: Pivot, url: ReportUrl | None, language: Language, translate: Translate
) -> tuple[tuple[TableHeading, ...], TableHeading]:
    """Return the headings of the columns that rows can be sorted by: those of the keys, and that of the row totals."""
    *keys, total = headings_of(pivot.report.question, url if url is not None else ReportUrl("", (), ()), language)
    total = replace(total, text=translate("Total"))
    if url is None:
        return tuple(replace(each, url="") for each in keys), replace(total, url="", change="")
    return tuple(keys), total


class _Shaper:
    def __init__(
        self, pivot: Pivot, url: ReportUrl | None, rows_page: str, language: Language, translate: Translate
    ) -> None:
        self.pivot, self.url, self.rows_page = pivot, url, rows_page
        self.language, self.translate = language, translate
        self.question = pivot.report.question
        (self.model,) = pivot.report.total.values
        self._keys = KeyCellBuilder(pivot, url, language, translate)
        self._ends = [
            best_and_worst(pivot.metric, {value for value, keys in column if self._can_be_best(value, keys)})
            for column in zip(*([(cell[0], line.keys) for cell in line.cells] for line in pivot.lines), strict=True)
        ]

    @property
    def legend(self) -> str:
        """Return the legend of the marks of the best and the worst values."""
        has_partial = any(self._keys.has_partial(line.keys) for line in self.pivot.lines)
        return legend_of(has_partial=has_partial, translate=self.translate)

    def column(self, key: str | None) -> KeyCell:
        dimension = self.pivot.dimension
        narrowed = narrowed_url(self.url, self.question, [(dimension, key)]) if self.url is not None else None
        return self._key(dimension, key, narrowed.link() if narrowed is not None else "")

    def _key(self, dimension: Dimension, key: str | None, url: str) -> KeyCell:
        cell = self._keys.cell(dimension, key, url)
        return cell if url else replace(cell, text=masked_key(dimension, cell.text))

    def row(self, line: PivotLine) -> PivotRow:
        placed = list(zip(self.question.by, line.keys, strict=False))
        columns = [[(self.pivot.dimension, key)] for key in self.pivot.columns]
        return PivotRow(
            tuple(
                self._key(
                    dimension,
                    key,
                    key_url(self.url, self.question, line.keys, place) if self.url is not None else "",
                )
                for place, (dimension, key) in enumerate(placed)
            ),
            tuple(
                replace(self._cell([*placed, *column], figures), mark=self._mark(line, at, figures[0]))
                for at, (column, figures) in enumerate(zip([*columns, []], line.cells, strict=True))
            ),
        )

    def _mark(self, line: PivotLine, at: int, value: CellFigure) -> str:
        if line is self.pivot.total or not self._can_be_best(value, line.keys):
            return ""
        return mark_of(value, self._ends[at])

    def _can_be_best(self, value: CellFigure, keys: Sequence[str | None]) -> bool:
        is_partial = self._keys.has_partial(keys)
        return value is not None and can_be_best(self.pivot.metric, value, keys, is_partial=is_partial)

    def _cell(self, placed: Sequence[tuple[Dimension, str | None]], figures: Sequence[CellFigure]) -> PivotCell:
        metric, (value, *compared) = self.pivot.metric, figures
        question = replace(self.question, by=tuple(dimension for dimension, _ in placed))
        growth = growth_in_row(question, metric, [key for _, key in placed])
        change = None
        if compared and has_changes(self.pivot.report, placed):
            change = change_of(metric, value, compared[0], self.language, growth)
        if change is not None and compared[0]:
            before = self._keys.compared_keys(placed)
            change = replace(change, url=self._behind(before, is_compared=True))
        url = self._behind(placed) if value else ""
        note = self.translate("no costs") if value == 0 and is_paid(metric) else ""
        return PivotCell(metric_value(self.language, metric, value), url, change, note)

    def _behind(self, placed: Sequence[tuple[Dimension, str | None]], *, is_compared: bool = False) -> str:
        if self.url is None:
            return ""
        model: AttributionModel = self.model
        return rows_url(self.rows_page, self.question, self.pivot.metric, model, placed, is_compared=is_compared)
