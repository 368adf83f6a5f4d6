"""The figures from which a ratio or a formula is computed, each with a link to the rows behind it."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from dealtrace.cabinet.formats import metric_value
from dealtrace.cabinet.reports.table import rows_address
from dealtrace.cabinet.view import View
from dealtrace.operations.reports.show_parts import show_parts
from dealtrace.record import record
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.figure import Figure, base_measure, parts_of
from dealtrace.reports.metrics import METRICS, Metric
from dealtrace.reports.question import QuestionContext
from dealtrace.reports.reading.meanings import meaning_of


@record
class Part:
    """A figure from which another is computed: its title, its meaning, its value, and the URL of the rows behind it."""

    words: str
    meaning: str
    value: str
    address: str


async def parts_shown(
    view: View, figure: Figure, keys: Sequence[str], known: QuestionContext, now: datetime
) -> dict[str, object]:
    """Return the template variables of a figure that has parts; `keys` has the key of its row for each dimension."""
    parts = parts_of(figure.metric, [*METRICS.values(), *known.columns.values()])
    value, *others = await view.ask(show_parts, figure, parts, now)
    placed = [(dimension, key or None) for dimension, key in zip(figure.question.by, keys, strict=True)]
    return {
        "value": metric_value(view.language, figure.metric, value),
        "meaning": meaning_of(figure.metric, view.language),
        "parts": [_part(view, figure, part, other, placed) for part, other in zip(parts, others, strict=True)],
    }


def _part(
    view: View, figure: Figure, metric: Metric, value: Fraction | None, placed: Sequence[tuple[Dimension, str | None]]
) -> Part:
    question = figure.question
    assert question.model is not None
    assert base_measure(metric) is not None
    page = f"/cabinet/{view.current_site.id}/reports/rows"
    return Part(
        metric.ru if view.language == "ru" else metric.en,
        meaning_of(metric, view.language),
        metric_value(view.language, metric, value),
        rows_address(page, question, metric, question.model, placed) if value else "",
    )
