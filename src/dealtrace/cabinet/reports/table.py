"""A report as a table: texts of cells, and their links."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from urllib.parse import urlencode

from markupsafe import Markup

from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.charts.bars import cell_bar
from dealtrace.cabinet.formats import metric_value, number
from dealtrace.cabinet.reports.change_texts import FigureChange, change_in_row, change_in_total
from dealtrace.cabinet.reports.key_labels import (
    compared_time_label,
    key_label,
    missing_key_label,
    part_label,
    time_label,
)
from dealtrace.cabinet.reports.report_url import ReportUrl, key_pairs
from dealtrace.cabinet.reports.source_drilldown import key_url
from dealtrace.errors import Language
from dealtrace.record import record
from dealtrace.reports.answer import ByFigure, Report, Row, sequence_of
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.figure import COMPARED
from dealtrace.reports.filters import escaped_name, format_filter, format_names
from dealtrace.reports.metrics import Growth, Metric, Unit
from dealtrace.reports.question import CHANGE_PREFIX, DESCENDING, LIMIT_MAX, Question
from dealtrace.reports.reading.compared_period import ComparedTimes, compared_times_of
from dealtrace.reports.reading.growth import can_be_best, has_best
from dealtrace.reports.reading.meanings import dimension_meaning, key_meaning, meaning_in_total, meaning_of
from dealtrace.reports.reading.partial_times import is_partial, partial_times_of

Translate = Callable[[str], str]
TIMES_MORE = 10
"""The link below a report shows this many times as many rows, so that a few clicks show all rows."""


@record
class Heading:
    """The heading of a column: its text and meaning, and the URL that sorts by it.

    `sign` shows the current order; it is empty if the table is sorted by another column. `change` is the URL that sorts
    by the change from the compared period, empty without one; `is_by_change` is true if that is the current order.
    """

    text: str
    meaning: str
    url: str
    sign: str
    is_value: bool
    change: str = ""
    is_by_change: bool = False


@record
class Cell:
    """A value of the table: text, bar and change, the URL of the rows behind it, and a mark if it is best or worst.

    `share` is the share of the total as text, empty if rows do not add up to the total. `meaning` says what a total
    is divided by, if a row is divided by less.
    """

    text: str
    share: str
    bar: Markup
    change: FigureChange | None
    url: str
    mark: str
    meaning: str = ""


@record
class KeyCell:
    """The key of a row: its text, the URL of the report filtered by it, and whether the key is missing.

    `meaning` explains the key; it is empty for most keys. If the key is a time, such as a week, `part` says which part
    of the time is counted, if not all of it, and what the time is compared with, if there is a comparison.
    """

    text: str
    url: str
    is_missing: bool
    meaning: str = ""
    part: str = ""


@record
class Line:
    """A row of the table."""

    keys: tuple[KeyCell, ...]
    cells: tuple[Cell, ...]


@record
class Table:
    """The table of a report; `total` has the cells of the last line.

    `more` is the URL of the report with more rows, empty if there are none. `sorted_at` is the position of the column
    by which the rows are sorted; the keys come before the metrics. `legend` explains the marks, and is empty if there
    are none.
    """

    headings: tuple[Heading, ...]
    lines: tuple[Line, ...]
    total: tuple[Cell, ...]
    rows_total: int
    more: str = ""
    sorted_at: int = 0
    legend: str = ""

    @property
    def sorted_cell(self) -> int:
        """Return the position, among the values of a row, of the column that sorts; negative if that is a key."""
        return self.sorted_at - self._keys_count

    @property
    def total_span(self) -> int:
        """Return how many keys the line of totals lacks besides the first one."""
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
    shaper = LineShaper(report, model, url, rows_page, language, translate)
    lines = tuple(shaper.line(row) for row in shaper.rows)
    return Table(
        tuple(headings_of(report.question, url, language)),
        lines,
        tuple(shaper.cells(report.total, is_total=True)),
        report.rows_total,
        more_rows(report, url),
        sorted_column(report.question),
        shaper.legend if any(cell.mark for line in lines for cell in line.cells) else "",
    )


def headings_of(question: Question, url: ReportUrl, language: Language) -> list[Heading]:
    """Return the headings of a report's columns, first those of its dimensions, then those of its metrics."""

    def sign_of(metric_or_dimension: Metric | Dimension, prefix: str = "") -> str:
        name = f"{prefix}{escaped_name(metric_or_dimension.name)}"
        return {f"{DESCENDING}{name}": "▼", name: "▲"}.get(url.get("sort"), "")

    keys = [
        Heading(
            _named(each.ru, each.en, language),
            dimension_meaning(each, language),
            url.sorted_by(escaped_name(each.name)),
            sign_of(each),
            is_value=False,
        )
        for each in question.by
    ]
    return keys + [
        Heading(
            _named(each.ru, each.en, language),
            meaning_of(each, language),
            url.sorted_by(escaped_name(each.name)),
            sign_of(each) or sign_of(each, CHANGE_PREFIX),
            is_value=True,
            change=_change_url(question, url, each),
            is_by_change=bool(sign_of(each, CHANGE_PREFIX)),
        )
        for each in question.metrics
    ]


def _change_url(question: Question, url: ReportUrl, metric: Metric) -> str:
    """Return the URL that sorts by the change of a metric, empty without a comparison or rows.

    Ours: the worst change comes first, since people look for what lost the most deals, or what costs more.
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


class LineShaper:
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
        """Without `url`, keys lead nowhere."""
        self.report, self.question, self.model, self.url = report, report.question, model, url
        self.rows_page, self.language, self.translate = rows_page, language, translate
        self.rows = list(report.rows)
        """Stored, because a report computes a row each time the row is read."""
        columns = range(len(self.question.metrics))
        self.largest = [
            max((self._value(row, place) or Fraction(0) for row in self.rows), default=Fraction(0)) for place in columns
        ]
        self.total = report.total.values[model]
        self.partial = partial_times_of(report)
        self.compared_times = compared_times_of(report)
        self.best = [self._best(self.rows, place) for place in columns]

    @property
    def legend(self) -> str:
        """Say what the marks of the best and the worst values mean, and which rows are not compared."""
        if any(is_partial(self.question.by, row.keys, self.partial) for row in self.rows):
            return self.translate("★ best and ▿ worst value of a column; times that are not whole are not compared")
        return self.translate("★ best and ▿ worst value of a column")

    def line(self, row: Row) -> Line:
        """Return a row of the report as a line of the table."""
        keys = tuple(
            KeyCell(
                key_label(dimension, key, self.language)
                if key is not None
                else missing_key_label(dimension, self.translate),
                key_url(self.url, self.question, row.keys, place) if self.url is not None else "",
                key is None,
                key_meaning(dimension, key, self.language),
                time_label(
                    part_label(self.partial, dimension, key, self.language),
                    compared_time_label(self.compared_times, dimension, key, self.language),
                ),
            )
            for place, (dimension, key) in enumerate(zip(self.question.by, row.keys, strict=True))
        )
        return Line(keys, tuple(self.cells(row)))

    def cells(self, row: Row, *, is_total: bool = False) -> list[Cell]:
        """Return the values of a row, or of the total, as cells."""
        return [self._cell(row, place, metric, is_total=is_total) for place, metric in enumerate(self.question.metrics)]

    def _cell(self, row: Row, place: int, metric: Metric, *, is_total: bool) -> Cell:
        value = self._value(row, place)
        return Cell(
            metric_value(self.language, metric, value),
            "" if is_total else percentage_text(metric, value, self.total[place], self.language),
            Markup("")
            if is_total or metric.unit not in (Unit.COUNT, Unit.MONEY)
            else cell_bar(value, self.largest[place]),
            self._change(row, place, metric, is_total=is_total),
            self._behind(row, metric) if value else "",
            "" if is_total or value is None else self._mark(row, place, value),
            meaning_in_total(metric, self.language) if is_total else "",
        )

    def _change(self, row: Row, place: int, metric: Metric, *, is_total: bool) -> FigureChange | None:
        if is_total:
            return total_change(self.report, place, self.model, self.rows_page, self.language)
        change = change_in_row(self.report, row, place, self.model, self.language)
        if change is None or row.compared is None or not row.compared[self.model][place]:
            return change
        placed = keys_before(zip(self.question.by, row.keys, strict=True), self.compared_times)
        url = rows_url(self.rows_page, self.question, metric, self.model, placed, is_compared=True)
        return replace(change, url=url)

    def _behind(self, row: Row, metric: Metric) -> str:
        placed = list(zip(self.question.by, row.keys, strict=False))
        return rows_url(self.rows_page, self.question, metric, self.model, placed)

    def _value(self, row: Row, place: int) -> Fraction | None:
        return row.values[self.model][place]

    def _best(self, rows: Sequence[Row], place: int) -> tuple[Fraction, Fraction] | None:
        """Return the best and the worst value of a column, or `None` if all are equal or none counts as best."""
        metric = self.question.metrics[place]
        if not has_best(metric):
            return None
        values = {
            value
            for row in rows
            if (value := self._value(row, place)) is not None and self._can_be_best(metric, value, row)
        }
        if len(values) < 2:  # noqa: PLR2004 - one value is both best and worst
            return None
        ends = (max(values), min(values))
        return (ends[1], ends[0]) if metric.growth is Growth.BAD else ends

    def _mark(self, row: Row, place: int, value: Fraction) -> str:
        ends = self.best[place]
        if ends is None or not self._can_be_best(self.question.metrics[place], value, row):
            return ""
        return {ends[0]: "★", ends[1]: "▿"}.get(value, "")

    def _can_be_best(self, metric: Metric, value: Fraction, row: Row) -> bool:
        return can_be_best(metric, value, row.keys, is_partial=is_partial(self.question.by, row.keys, self.partial))


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
    defaults. With `is_compared`, the figure is that of the period with which the question compares.
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
    """Return the change of the total of the metric at the index `place`, with a link to the rows of the time before."""
    change, compared = change_in_total(report, place, model, language), report.total.compared
    if change is None or compared is None or not compared[model][place]:
        return change
    metric = report.question.metrics[place]
    return replace(change, url=rows_url(rows_page, report.question, metric, model, (), is_compared=True))


def keys_before(
    placed: Iterable[tuple[Dimension, str | None]], times: Mapping[Dimension, ComparedTimes]
) -> list[tuple[Dimension, str | None]]:
    """Return dimensions, each with the key with which its key is compared, such as the day before with a day."""
    return [
        (dimension, times[dimension][key].key if key is not None and key in times.get(dimension, {}) else key)
        for dimension, key in placed
    ]


def percentage_text(metric: Metric, value: Fraction | None, total: Fraction | None, language: Language) -> str:
    """Return a value as a whole percentage of a total; empty unless it is a positive part of that total."""
    if not metric.adds_up or value is None or total is None or not 0 < value <= total:
        return ""
    percent = value / total * 100
    return "<\u00a01\u00a0%" if percent < Fraction(1, 2) else f"{number(language, percent)}\u00a0%"


def _named(ru: str, en: str, language: Language) -> str:
    return ru if language == "ru" else en
