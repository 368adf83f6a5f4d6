"""One metric under all attribution models side by side, and the difference between its greatest and least value."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.model_labels import model_label, model_meaning
from dealtrace.cabinet.formats import NOTHING, metric_value
from dealtrace.cabinet.reports.change_texts import FigureChange, change_in_row, change_in_total, points_text
from dealtrace.cabinet.reports.form_fields import MetricChoice
from dealtrace.cabinet.reports.key_cells import KeyCell, KeyCellBuilder
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.reports.table import Translate, legend_of, mark_of, rows_url
from dealtrace.errors import Language, text_in
from dealtrace.record import record
from dealtrace.reports.answer import Report, ReportLine
from dealtrace.reports.filters import escaped_name, unescaped
from dealtrace.reports.metrics import METRICS, Metric, Unit
from dealtrace.reports.reading.good_and_bad import best_and_worst, can_be_best, is_paid

USUAL_METRIC = METRICS["deals"]


@record
class ModelHeading:
    """The heading of a model's column: the model's name, and the rule by which the model credits visits."""

    name: str
    meaning: str


@record
class ModelCell:
    """A value under an attribution model: its text, and its change from the compared period.

    `url` leads to the rows behind the value, or is empty if there is no link to them. `note` says that a price is zero
    because there are no costs. `mark` is set if the value is the best or the worst of its column.
    """

    text: str
    url: str
    change: FigureChange | None
    note: str = ""
    mark: str = ""


@record
class ModelsLine:
    """A row: its keys, a value for each model, and the difference between the greatest and the least."""

    keys: tuple[KeyCell, ...]
    values: tuple[ModelCell, ...]
    apart: str


@record
class ModelsTable:
    """The table of one metric under all models; `legend` explains the marks, and is empty if there are none."""

    metric: str
    by: tuple[str, ...]
    models: tuple[ModelHeading, ...]
    lines: tuple[ModelsLine, ...]
    total: ModelsLine
    legend: str = ""

    @property
    def total_span(self) -> int:
        """Return the number of empty key cells in the line of totals: all except the first, which says “Total”."""
        return max(len(self.by) - 1, 0)


def metric_under_models(metrics: Sequence[Metric], chosen: str) -> Metric:
    """Return the metric to show under all models: `chosen` if it is in `metrics` and depends on models.

    Otherwise return deals if `metrics` has them, or else the first of `metrics` that depends on models. If no metric in
    `metrics` depends on models, return deals.

    Ours: visits and costs are never returned: they are the same under all models, and a table of them would suggest
    that models change nothing.
    """
    able = {metric.name: metric for metric in metrics if metric.depends_on_model}
    if (name := unescaped(chosen)) in able:
        return able[name]
    return next(iter(able.values()), USUAL_METRIC) if USUAL_METRIC.name not in able else USUAL_METRIC


def model_metric_choices(
    url: ReportUrl, metrics: Sequence[Metric], shown: Metric, language: Language
) -> tuple[MetricChoice, ...]:
    """Return a choice for each metric that depends on the attribution model, with the URL of that metric's table.

    If there is nothing to choose, return none.
    """
    choices = tuple(
        MetricChoice(text_in(language, metric), url.link(chart=escaped_name(metric.name)), metric == shown)
        for metric in metrics
        if metric.depends_on_model
    )
    return choices if len(choices) > 1 else ()


def by_models(
    report: Report, url: ReportUrl | None, rows_page: str, language: Language, translate: Translate
) -> ModelsTable:
    """Return the table of a report's only metric under all models, without links if `url` is `None`."""
    builder = _Shaper(report, url, rows_page, language, translate)
    lines = tuple(builder.line(row) for row in builder.rows)
    return ModelsTable(
        text_in(language, builder.metric),
        tuple(text_in(language, each) for each in report.question.by),
        tuple(ModelHeading(model_label(each, language), model_meaning(each, language)) for each in AttributionModel),
        lines,
        builder.line(report.total),
        builder.legend if any(cell.mark for line in lines for cell in line.values) else "",
    )


class _Shaper:
    def __init__(
        self, report: Report, url: ReportUrl | None, rows_page: str, language: Language, translate: Translate
    ) -> None:
        self.report, self.question, (self.metric,) = report, report.question, report.question.metrics
        self.url, self.rows_page, self.language, self.translate = url, rows_page, language, translate
        self._keys = KeyCellBuilder(report, url, language, translate)
        self.rows = list(report.rows)
        """Stored, because a report computes a row each time the row is read."""
        self._ends = {
            model: best_and_worst(
                self.metric,
                {
                    value
                    for row in self.rows
                    if (value := row.values[model][0]) is not None and self._can_be_best(row, value)
                },
            )
            for model in AttributionModel
        }

    @property
    def legend(self) -> str:
        """Return the legend of the marks of the best and the worst values."""
        has_partial = any(self._keys.has_partial(row.keys) for row in self.rows)
        return legend_of(has_partial=has_partial, translate=self.translate)

    def _can_be_best(self, row: ReportLine, value: Fraction | None) -> bool:
        return can_be_best(self.metric, value, row.keys, is_partial=self._keys.has_partial(row.keys))

    def line(self, row: ReportLine) -> ModelsLine:
        values = [row.values[model][0] for model in AttributionModel]
        known = [value for value in values if value is not None]
        apart: Fraction | None = max(known) - min(known) if known else None
        return ModelsLine(
            self._keys.cells(row.keys),
            tuple(self._cell(row, model, is_total=row is self.report.total) for model in AttributionModel),
            self._apart_text(apart) if apart else NOTHING,
        )

    def _apart_text(self, apart: Fraction) -> str:
        """Format the difference between two values of the metric; for a ratio, it is in percentage points."""
        if self.metric.unit is Unit.RATIO:
            return points_text(apart, self.language).removeprefix("+")
        return metric_value(self.language, self.metric, apart)

    def _cell(self, row: ReportLine, model: AttributionModel, *, is_total: bool) -> ModelCell:
        value, before = row.values[model][0], row.compared[model][0] if row.compared is not None else None
        placed = list(zip(self.question.by, row.keys, strict=False))
        if is_total:
            change = change_in_total(self.report, 0, model, self.language)
        else:
            change = change_in_row(self.report, row, 0, model, self.language)
        if change is not None and before and self.url is not None:
            earlier = self._keys.compared_keys(placed)
            url = rows_url(self.rows_page, self.question, self.metric, model, earlier, is_compared=True)
            change = replace(change, url=url)
        return ModelCell(
            metric_value(self.language, self.metric, value),
            rows_url(self.rows_page, self.question, self.metric, model, placed)
            if value and self.url is not None
            else "",
            change,
            self.translate("no costs") if value == 0 and is_paid(self.metric) else "",
            mark_of(value, self._ends[model]) if not is_total and self._can_be_best(row, value) else "",
        )
