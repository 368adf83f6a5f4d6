"""Lay out a report as a table: the columns with figures, and the figures of each row."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.model_labels import model_key, model_label
from dealtrace.record import record
from dealtrace.reports.answer import Report, ReportLine, listed_models
from dealtrace.reports.change import difference, has_percentage, percentage
from dealtrace.reports.metrics import Metric, Unit
from dealtrace.reports.pivot import Pivot, PivotLine
from dealtrace.reports.reading.compared_times import has_changes


@record
class FigurePart:
    """What a column shows of a figure, such as its change: suffixes for the column's name and its two headings."""

    name: str
    ru: str
    en: str


VALUE = FigurePart("", "", "")
COMPARED = FigurePart(" compared", ", сравнение", ", compared")
"""The figure of the compared period."""
CHANGE = FigurePart(" change", ", изменение", ", change")
"""The change from the compared period, in the unit of the metric."""
PERCENTAGE = FigurePart(" change %", ", изменение в %", ", change in %")
"""The change as a percentage of the figure of the compared period."""
PARTS = (VALUE, COMPARED, CHANGE, PERCENTAGE)
CHANGES = (CHANGE, PERCENTAGE)


@record
class TableColumn:
    """A column of figures: its name, its headings in Russian and English, its metric and model, and what it shows.

    `place` is the index of the metric in the question.
    """

    name: str
    ru: str
    en: str
    metric: Metric
    model: AttributionModel
    place: int
    part: FigurePart

    @property
    def unit(self) -> Unit:
        """Return the unit of the column's figures."""
        return unit_of(self.metric, self.part)


def shown_parts(report: Report, metric: Metric) -> tuple[FigurePart, ...]:
    """Return what a report shows of each figure of a metric: its value and, with a comparison, the changes.

    Ours: the parts of a figure are shown side by side, so that they are read together. A metric without percentages has
    no column of them.
    """
    if report.total.compared is None:
        return (VALUE,)
    return PARTS if has_percentage(metric) else tuple(part for part in PARTS if part is not PERCENTAGE)


def unit_of(metric: Metric, part: FigurePart) -> Unit:
    """Return the unit of a part of a metric's figures."""
    return Unit.NUMBER if part is PERCENTAGE else metric.unit


def figure_columns(report: Report) -> list[TableColumn]:
    """Return the columns of a report: for each pair of metric and model, those of `shown_parts`.

    If all models are shown, the name of the model is added to the name and heading of the column.
    """
    found = []
    for place, metric in enumerate(report.question.metrics):
        for model in listed_models(report.question):
            name, ru, en = metric.name, metric.ru, metric.en
            if report.question.model is None:
                name += f":{model_key(model)}"
                ru, en = f"{ru}: {model_label(model, 'ru')}", f"{en}: {model_label(model, 'en')}"
            for part in shown_parts(report, metric):
                names = (name + part.name, ru + part.ru, en + part.en)
                found.append(TableColumn(*names, metric, model, place, part))
    return found


def figures_of(report: Report, columns: Sequence[TableColumn], row: ReportLine) -> Iterator[Fraction | None]:
    """Yield the exact figures of a row or of the total, one for each of the columns."""
    placed = zip(report.question.by, row.keys, strict=False)
    are_compared = has_changes(report, placed)
    for column in columns:
        value = row.values[column.model][column.place]
        before = row.compared[column.model][column.place] if row.compared is not None else None
        yield _figure(column.part, column.metric, value, before, are_compared=are_compared)


def pivot_cells(pivot: Pivot, line: PivotLine, parts: Sequence[FigurePart]) -> Iterator[tuple[Fraction | None, ...]]:
    """Yield the exact parts of each figure in a row of a pivot; the total of the row is last."""
    report, keys = pivot.report, [*zip(pivot.report.question.by, line.keys, strict=False)]
    columns = [*([(pivot.dimension, key)] for key in pivot.columns), []]
    for (value, *compared), column in zip(line.cells, columns, strict=True):
        before = compared[0] if compared else None
        are_compared = has_changes(report, [*keys, *column])
        yield tuple(_figure(part, pivot.metric, value, before, are_compared=are_compared) for part in parts)


def _figure(
    part: FigurePart, metric: Metric, value: Fraction | None, before: Fraction | None, *, are_compared: bool
) -> Fraction | None:
    """Return a part of a figure for its column of a table; unless `are_compared`, all changes are unknown."""
    if part is VALUE:
        return value
    if part is COMPARED:
        return before
    if not are_compared:
        return None
    return difference(value, before=before) if part is CHANGE else percentage(metric, value, before=before)
