"""The figures at the top of the overview."""

from dealtrace.cabinet.formats import metric_value
from dealtrace.cabinet.reports.change_texts import FigureChange, figure_note
from dealtrace.cabinet.reports.report_url import ReportUrl
from dealtrace.cabinet.reports.table import rows_url, total_change
from dealtrace.cabinet.view import View
from dealtrace.errors import text_in
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.metrics import METRICS
from dealtrace.reports.reading.meanings import metric_meaning

FIGURES = ("match_rate", "deals", "amount", "leads", "cost", "drr")
"""The names of the six metrics; the match rate comes first, because reports by source omit deals without a match."""
NO_RATE = METRICS["no_rate"]
"""The number of deals in currencies without a rate; it shows whether the amounts among the figures are incomplete."""
HIDDEN = (NO_RATE, METRICS["won_amount"], METRICS["visits"])
"""The metrics that are requested along with the six figures, but not shown among them."""
SOURCES_METRICS = ("won_amount", "cost", "drr", "cpl", "deals", "amount", "leads", "visits")
"""The metrics of the sources on the overview.

Ours: what advertising earned and cost comes first, so that a screen 1366 pixels wide shows it without scrolling.
"""
SOURCES_ORDER = ("won_amount", "amount", "deals", "leads", "visits", "cost")
"""Ours: the table of sources is sorted by the first of these metrics that is not zero.

Without won statuses, all sources have the same income, and a new site has visits before it has deals.
"""


@record
class OverviewFigure:
    """A metric on the overview: title, value, change and formula.

    `url` leads to the overview with a chart of the metric. `rows` is the URL of the rows behind the
    value, empty if there is no link. `is_drawn` is true if the chart shows this metric now. `note` is the result of
    `figure_note`.
    """

    name: str
    title: str
    value: str
    change: FigureChange | None
    formula: str
    url: str
    rows: str
    is_drawn: bool
    note: str


def figures_of(report: Report, url: ReportUrl, rows_page: str, drawn: str, view: View) -> list[OverviewFigure]:
    """Return the figures of the overview; `drawn` is the name of the metric in the chart."""
    (model,), language = report.total.values, view.language
    figures = []
    for place, metric in enumerate(report.question.metrics):
        if metric in HIDDEN:
            continue
        value = report.total.values[model][place]
        figures.append(
            OverviewFigure(
                metric.name,
                text_in(language, metric),
                metric_value(language, metric, value),
                total_change(report, place, model, rows_page, language),
                metric_meaning(metric, language),
                url.link(chart=metric.name),
                rows_url(rows_page, report.question, metric, model, ()) if value else "",
                metric.name == drawn,
                figure_note(report, metric, value, view.translate),
            )
        )
    return figures
