"""One metric under all attribution models side by side, with the difference between the extremes."""

from collections.abc import Sequence
from fractions import Fraction

from dealtrace.attribution.credit import AttributionModel
from dealtrace.cabinet.formats import NOTHING, metric_value
from dealtrace.cabinet.reports.choices import model_words
from dealtrace.cabinet.reports.key_words import key_words
from dealtrace.errors import Language
from dealtrace.record import record
from dealtrace.reports.answer import Report, Row
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.metrics import Metric


@record
class ModelsLine:
    """A row: its keys, a value for each model, and the difference between the greatest and the least."""

    keys: tuple[str | None, ...]
    values: tuple[str, ...]
    apart: str


@record
class ModelsTable:
    """The table of one metric under all models."""

    metric: str
    by: tuple[str, ...]
    models: tuple[str, ...]
    lines: tuple[ModelsLine, ...]
    total: ModelsLine


def by_models(report: Report, language: Language) -> ModelsTable:
    """Return the table of a report's first metric under all models."""
    metric = report.question.metrics[0]
    return ModelsTable(
        metric.ru if language == "ru" else metric.en,
        tuple(each.ru if language == "ru" else each.en for each in report.question.by),
        tuple(model_words(model, language) for model in AttributionModel),
        tuple(_line(row, report.question.by, metric, language) for row in report.rows),
        _line(report.total, (), metric, language),
    )


def _line(row: Row, by: Sequence[Dimension], metric: Metric, language: Language) -> ModelsLine:
    values = [row.values[model][0] for model in AttributionModel]
    known = [value for value in values if value is not None]
    apart: Fraction | None = max(known) - min(known) if known else None
    shown = tuple(metric_value(language, metric, value) for value in values)
    keys = tuple(
        key_words(dimension, key, language) if key is not None else None
        for dimension, key in zip(by, row.keys, strict=False)
    )
    return ModelsLine(keys, shown, metric_value(language, metric, apart) if apart else NOTHING)
