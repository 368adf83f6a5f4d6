"""The figures from which a ratio or a formula is computed, each with a link to the rows behind it."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from dealtrace.cabinet.formats import metric_value
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.reports.table import rows_url
from dealtrace.cabinet.reports.without_contacts import rows_page_for
from dealtrace.cabinet.view import View
from dealtrace.errors import text_in
from dealtrace.operations.reports.show_formula_parts import show_parts
from dealtrace.record import record
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.figure import Figure, component_metrics
from dealtrace.reports.metrics import METRICS, PART_METRICS, Metric
from dealtrace.reports.question import QuestionContext
from dealtrace.reports.reading.meanings import metric_meaning


@record
class ShownPart:
    """A figure from which another is computed: its title, its meaning and its value.

    `url` leads to the rows behind the figure, or is empty if there is no link.
    """

    title: str
    meaning: str
    value: str
    url: str


async def parts_shown(
    view: View, figure: Figure, url: ReportUrl, keys: Sequence[str], known: QuestionContext, now: datetime
) -> dict[str, object]:
    """Return the template variables of a figure that is a ratio or a formula, and of its parts.

    `keys` are the keys of the figure's row, one for each dimension. `url` is the URL of the page. A person who
    may not see contacts gets no links if the links would contain contacts that are not in `url`.
    """
    parts = component_metrics(figure.metric, [*METRICS.values(), *known.columns.values()])
    value, *others = await view.ask(show_parts, figure, parts, now)
    page = rows_page_for(view, figure.question, url)
    placed = [(dimension, key or None) for dimension, key in zip(figure.question.by, keys, strict=True)]
    return {
        "value": metric_value(view.language, figure.metric, value),
        "meaning": metric_meaning(figure.metric, view.language),
        "parts": [_part(view, page, figure, part, other, placed) for part, other in zip(parts, others, strict=True)],
    }


def _part(
    view: View,
    page: str,
    figure: Figure,
    metric: Metric,
    value: Fraction | None,
    placed: Sequence[tuple[Dimension, str | None]],
) -> ShownPart:
    question = figure.question
    assert question.model is not None
    has_rows = bool(value) and metric.name not in PART_METRICS
    return ShownPart(
        text_in(view.language, metric),
        metric_meaning(metric, view.language),
        metric_value(view.language, metric, value),
        rows_url(page, question, metric, question.model, placed, is_compared=figure.is_compared) if has_rows else "",
    )
