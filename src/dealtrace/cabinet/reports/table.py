"""A report as a table for templates: cells as strings, with their links."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from urllib.parse import urlencode

from markupsafe import Markup

from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.charts.bars import cell_bar
from dealtrace.cabinet.formats import metric_value, number
from dealtrace.cabinet.reports.change_texts import FigureChange, change_in_row, change_in_total, figure_note, total_note
from dealtrace.cabinet.reports.key_cells import KeyCell, KeyCellBuilder
from dealtrace.cabinet.reports.report_url import ReportUrl, key_pairs
from dealtrace.cabinet.reports.source_drilldown import has_parts_of_sources
from dealtrace.errors import Language, text_in
from dealtrace.record import record
from dealtrace.reports.answer import ByFigure, Report, ReportLine, sequence_of
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.figure import COMPARED
from dealtrace.reports.filters import escaped_name, format_filter, format_names
from dealtrace.reports.metrics import Growth, Metric, Unit
from dealtrace.reports.question import CHANGE_PREFIX, DESCENDING, LIMIT_MAX, Question
from dealtrace.reports.reading.good_and_bad import (
    best_and_worst,
    can_be_best,
    has_best,
    is_paid,
    is_spent_for_nothing,
)
from dealtrace.reports.reading.meanings import dimension_meaning, meaning_in_total, metric_meaning

Translate = Callable[[str], str]
TIMES_MORE = 10
"""The link below a report shows this many times as many rows, so that a few clicks show all rows."""


@record
class TableHeading:
    """The heading of a column: its text and meaning, and the URL that sorts by it.

    `sign` shows the current order; it is empty if the table is sorted by another column. `change` is the URL that sorts
    by the change from the compared period, empty without a comparison; `is_by_change` is true if that is the current
    order.
    """

    text: str
    meaning: str
    url: str
    sign: str
    is_value: bool
    change: str = ""
    is_by_change: bool = False


@record
class TableCell:
    """A value of the table: text, bar and change, the URL of the rows behind it, and a mark if it is best or worst.

    `share` is the share of the total as text, empty if rows do not add up to the total. `meaning` explains that a total
    counts more than the rows with costs do, such as all leads; it is empty for other values. `note` says why a price is
    zero or a total unknown, or that a total includes free sources.
    """

    text: str
    share: str
    bar: Markup
    change: FigureChange | None
    url: str
    mark: str
    meaning: str = ""
    note: str = ""


@record
class TableLine:
    """A row of the table."""

    keys: tuple[KeyCell, ...]
    cells: tuple[TableCell, ...]


@record
class Table:
    """The table of a report; `total` has the cells of the last line.

    `more` is the URL of the report with more rows, empty if there are none. `sorted_at` is the position of the column
    by which the rows are sorted; the keys come before the metrics. `legend` explains the marks, and is empty if there
    are none. `has_rows_without_costs` is true if some sources, campaigns or the like have no costs while others have
    some.
    """

    headings: tuple[TableHeading, ...]
    lines: tuple[TableLine, ...]
    total: tuple[TableCell, ...]
    rows_total: int
    more: str = ""
    sorted_at: int = 0
    legend: str = ""
    has_rows_without_costs: bool = False

    @property
    def sorted_cell(self) -> int:
        """Return the index, in the cells of a row, of the value by which rows are sorted; negative if it is a key."""
        return self.sorted_at - self._keys_count

    @property
    def total_span(self) -> int:
        """Return the number of empty key cells in the line of totals: all except the first, which says “Total”."""
        return max(self._keys_count - 1, 0)

    @property
    def rows_shown(self) -> int:
        """Return the number of rows that the table has."""
        return len(self.lines)

    @property
    def _keys_count(self) -> int:
        return sum(not heading.is_value for heading in self.headings)


def table_of(report: Report, url: ReportUrl, rows_page: str, language: Language, translate: Translate) -> Table:
    """Return the table of a report under one model; values link to `rows_page`, which shows the rows behind them."""
    (model,) = report.total.values
    builder = TableLineBuilder(report, model, url, rows_page, language, translate)
    lines = tuple(builder.line(row) for row in builder.rows)
    return Table(
        tuple(headings_of(report.question, url, language)),
        lines,
        tuple(builder.cells(report.total, is_total=True)),
        report.rows_total,
        more_rows(report, url),
        sorted_column(report.question),
        builder.legend if any(cell.mark for line in lines for cell in line.cells) else "",
        builder.has_rows_without_costs,
    )


def unsortable(table: Table) -> Table:
    """Return a copy of a table whose headings have no links that sort it."""
    return replace(table, headings=tuple(replace(heading, url="", change="") for heading in table.headings))


def headings_of(question: Question, url: ReportUrl, language: Language) -> list[TableHeading]:
    """Return the headings of a report's columns, first those of its dimensions, then those of its metrics."""

    def sign_of(metric_or_dimension: Metric | Dimension, prefix: str = "") -> str:
        name = f"{prefix}{escaped_name(metric_or_dimension.name)}"
        return {f"{DESCENDING}{name}": "▼", name: "▲"}.get(url.get("sort"), "")

    keys = [
        TableHeading(
            text_in(language, each),
            dimension_meaning(each, language),
            url.sorted_by(escaped_name(each.name)),
            sign_of(each),
            is_value=False,
        )
        for each in question.by
    ]
    return keys + [
        TableHeading(
            text_in(language, each),
            metric_meaning(each, language),
            url.sorted_by(escaped_name(each.name)),
            sign_of(each) or sign_of(each, CHANGE_PREFIX),
            is_value=True,
            change=_change_url(question, url, each),
            is_by_change=bool(sign_of(each, CHANGE_PREFIX)),
        )
        for each in question.metrics
    ]


def _change_url(question: Question, url: ReportUrl, metric: Metric) -> str:
    """Return the URL that sorts by the change in a metric, empty without a comparison or rows.

    Ours: the worst change comes first, since people look for what lost the most deals, or became the most expensive.
    """
    if question.comparison is None or not question.by:
        return ""
    return url.sorted_by(f"{CHANGE_PREFIX}{escaped_name(metric.name)}", is_rising_first=metric.growth is Growth.GOOD)


def sorted_column(question: Question) -> int:
    """Return the position of the column by which the rows of a report are sorted; the keys come before the metrics."""
    first = sequence_of(question)[0]
    return first.place + len(question.by) if isinstance(first, ByFigure) else first.place


def more_rows(report: Report, url: ReportUrl) -> str:
    """Return the URL of the report with `TIMES_MORE` times as many rows; empty if no more rows can be shown or fit."""
    limit = report.question.limit
    if limit is None or limit >= min(report.rows_total, LIMIT_MAX) or len(report.rows) < limit:
        return ""
    return url.link(limit=str(min(limit * TIMES_MORE, LIMIT_MAX)))


def legend_of(*, has_partial: bool, translate: Translate) -> str:
    """Return the legend of the marks of the best and the worst values.

    With `has_partial`, the legend also says that incomplete weeks, months and so on are not compared.
    """
    if has_partial:
        return translate("★ best and ▿ worst value of a column; incomplete weeks, months and so on are not compared")
    return translate("★ best and ▿ worst value of a column")


def mark_of(value: Fraction | None, ends: tuple[Fraction | None, Fraction | None] | None) -> str:
    """Return the mark of a value, empty unless it is the best or the worst of its column; `ends` has these two."""
    return {ends[0]: "★", ends[1]: "▿"}.get(value, "") if ends is not None and value is not None else ""


class TableLineBuilder:
    """Shapes the rows of a report under one model into lines, and its total into cells."""

    def __init__(
        self,
        report: Report,
        model: AttributionModel,
        url: ReportUrl | None,
        rows_page: str,
        language: Language,
        translate: Translate,
    ) -> None:
        """Create a builder; without `url`, keys are not links."""
        self.report, self.question, self.model, self.url = report, report.question, model, url
        self.rows_page, self.language, self.translate = rows_page, language, translate
        self.rows = list(report.rows)
        """Stored, because a report computes a row each time the row is read."""
        columns = range(len(self.question.metrics))
        self.largest = [
            max((self._value(row, place) or Fraction(0) for row in self.rows), default=Fraction(0)) for place in columns
        ]
        self.total = report.total.values[model]
        self._keys = KeyCellBuilder(report, url, language, translate)
        self.best = [self._best(self.rows, place) for place in columns]

    @property
    def legend(self) -> str:
        """Return the legend of the marks of the best and the worst values; it also says which rows are not compared."""
        legend = legend_of(
            has_partial=any(map(self._keys.has_partial, (row.keys for row in self.rows))), translate=self.translate
        )
        if any(ends is not None and ends[1] is None for ends in self.best):
            legend = f"{legend}. {self.translate('▿ – means: money was spent, and nothing came of it')}"
        return legend

    @property
    def has_rows_without_costs(self) -> bool:
        """Return whether some rows of sources, campaigns or the like have no costs while others have some."""
        place = next((place for place, metric in enumerate(self.question.metrics) if is_paid(metric)), None)
        if place is None or not has_parts_of_sources(self.question):
            return False
        values = {bool(self._value(row, place)) for row in self.rows if self._value(row, place) is not None}
        return values == {True, False}

    def line(self, row: ReportLine) -> TableLine:
        """Return a row of the report as a line of the table."""
        return TableLine(self._keys.cells(row.keys), tuple(self.cells(row)))

    def cells(self, row: ReportLine, *, is_total: bool = False) -> list[TableCell]:
        """Return the values of a row, or of the total, as cells."""
        return [self._cell(row, place, metric, is_total=is_total) for place, metric in enumerate(self.question.metrics)]

    def _cell(self, row: ReportLine, place: int, metric: Metric, *, is_total: bool) -> TableCell:
        value = self._value(row, place)
        return TableCell(
            metric_value(self.language, metric, value),
            "" if is_total else percentage_text(metric, value, self.total[place], self.language),
            Markup("")
            if is_total or metric.unit not in (Unit.COUNT, Unit.MONEY)
            else cell_bar(value, self.largest[place]),
            self._change(row, place, metric, is_total=is_total),
            self._behind(row, metric) if value else "",
            "" if is_total else self._mark(row, place, value),
            meaning_in_total(metric, self.language) if is_total else "",
            self._note(place, metric, value, is_total=is_total),
        )

    def _note(self, place: int, metric: Metric, value: Fraction | None, *, is_total: bool) -> str:
        """Return the reason why a price is zero or a total is unknown, or that a total includes free sources.

        Unknown values of rows get no reason, since all of them would repeat the reason of the total.
        """
        if is_total:
            return total_note(self.report, self.rows, place, self.model, self.translate)
        return figure_note(self.report, metric, value, self.translate) if value is not None else ""

    def _change(self, row: ReportLine, place: int, metric: Metric, *, is_total: bool) -> FigureChange | None:
        if is_total:
            return total_change(self.report, place, self.model, self.rows_page, self.language)
        change = change_in_row(self.report, row, place, self.model, self.language)
        if change is None or row.compared is None or not row.compared[self.model][place]:
            return change
        placed = self._keys.compared_keys(zip(self.question.by, row.keys, strict=True))
        url = rows_url(self.rows_page, self.question, metric, self.model, placed, is_compared=True)
        return replace(change, url=url)

    def _behind(self, row: ReportLine, metric: Metric) -> str:
        placed = list(zip(self.question.by, row.keys, strict=False))
        return rows_url(self.rows_page, self.question, metric, self.model, placed)

    def _value(self, row: ReportLine, place: int) -> Fraction | None:
        return row.values[self.model][place]

    def _best(self, rows: Sequence[ReportLine], place: int) -> tuple[Fraction | None, Fraction | None] | None:
        """Return the best and the worst value of a column, or `None` if all are equal or none can be the best.

        If a row has costs but no results to divide them by, it is the worst, and the worst value is `None`.
        """
        metric = self.question.metrics[place]
        if not has_best(metric):
            return None
        values = {
            value
            for row in rows
            if (value := self._value(row, place)) is not None and self._can_be_best(metric, value, row)
        }
        if values and any(self._is_for_nothing(row, place) for row in rows):
            return min(values), None
        return best_and_worst(metric, values)

    def _mark(self, row: ReportLine, place: int, value: Fraction | None) -> str:
        ends = self.best[place]
        if ends is None or not self._can_be_best(self.question.metrics[place], value, row):
            return ""
        if value is None:
            return "▿" if ends[1] is None and self._is_for_nothing(row, place) else ""
        return mark_of(value, ends)

    def _is_for_nothing(self, row: ReportLine, place: int) -> bool:
        metric = self.question.metrics[place]
        return (
            metric not in self.report.lacking_won
            and is_spent_for_nothing(self.question.metrics, row.values[self.model], place)
            and self._can_be_best(metric, None, row)
        )

    def _can_be_best(self, metric: Metric, value: Fraction | None, row: ReportLine) -> bool:
        return can_be_best(metric, value, row.keys, is_partial=self._keys.has_partial(row.keys))


def rows_url(
    rows_page: str,
    question: Question,
    metric: Metric,
    model: AttributionModel,
    placed: Sequence[tuple[Dimension, str | None]],
    *,
    is_compared: bool = False,
) -> str:
    """Return the URL of the rows behind a figure; empty if `rows_page` is empty or the metric is a constant.

    For a ratio or a formula, that page shows the figures from which it is computed, each with a link to its rows.
    `placed` has the dimensions of the figure, each with its key. The URL contains the whole question and relies on no
    defaults. With `is_compared`, the figure belongs to the compared period.
    """
    if not rows_page or not metric.formula.measures:
        return ""
    filters = tuple(format_filter(condition) for condition in question.filters)
    url = ReportUrl(rows_page, (), filters).link(
        metrics=escaped_name(metric.name),
        by=format_names(dimension.name for dimension, _ in placed),
        first=question.period.first_on.isoformat(),
        last=question.period.last_on.isoformat(),
        model=str(int(model)),
        date=question.date_of.value,
        compare=question.comparison.value if is_compared and question.comparison is not None else "",
        side=COMPARED if is_compared else "",
    )
    return f"{url}&{urlencode(key_pairs([key for _, key in placed]))}" if placed else url


def total_change(
    report: Report, place: int, model: AttributionModel, rows_page: str, language: Language
) -> FigureChange | None:
    """Return the change in the total of the metric at `place`, with a link to the rows of the compared period."""
    change, compared = change_in_total(report, place, model, language), report.total.compared
    if change is None or compared is None or not compared[model][place]:
        return change
    metric = report.question.metrics[place]
    return replace(change, url=rows_url(rows_page, report.question, metric, model, (), is_compared=True))


def percentage_text(metric: Metric, value: Fraction | None, total: Fraction | None, language: Language) -> str:
    """Return a value as a whole percentage of a total; empty unless it is a positive part of that total."""
    if not metric.adds_up or value is None or total is None or not 0 < value <= total:
        return ""
    percent = value / total * 100
    return "<\u00a01\u00a0%" if percent < Fraction(1, 2) else f"{number(language, percent)}\u00a0%"
