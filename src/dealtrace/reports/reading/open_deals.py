"""Find whether a report shows income, and ask for the deals that are still open: they may yet become income."""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from dealtrace.attribution.credit import AttributionModel
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.dimensions import DIMENSIONS
from dealtrace.reports.filters import Filter, Operator
from dealtrace.reports.metrics import METRICS, Metric
from dealtrace.reports.question import Question
from dealtrace.reports.statuses import Meaning, Status, status_key

INCOME = tuple(METRICS[name] for name in ("won_amount", "won_margin"))
OPEN_METRICS = (METRICS["deals"], METRICS["amount"])


@record
class FallenIncome:
    """A metric of income whose total is lower than in the compared period: its total, and the total before."""

    metric: Metric
    value: Fraction
    before: Fraction


def asks_for_income(question: Question) -> bool:
    """Return whether a report has income among its metrics, or a ratio of income such as ROI.

    Ours: a comparison is not necessary, since the income of days whose deals are still open is not final.
    """
    return any(metric in INCOME or metric.needs_won for metric in question.metrics)


def fallen_income(report: Report) -> FallenIncome | None:
    """Return the first metric of income whose total fell, or `None` if there is none.

    In a report under all models, the first model decides: totals differ between models only if a filter names sources.
    """
    if report.total.compared is None:
        return None
    model = next(iter(report.total.values))
    for metric, value, before in zip(
        report.question.metrics, report.total.values[model], report.total.compared[model], strict=True
    ):
        if metric in INCOME and value is not None and before is not None and value < before:
            return FallenIncome(metric, value, before)
    return None


def open_deals_question(question: Question, statuses: Iterable[Status], model: AttributionModel) -> Question:
    """Return the question for the number and amount of those deals of `question` that are still open.

    Ours: these are all deals whose status means neither won nor lost, including those without a status, because a
    status that nobody classified counts as open everywhere.
    """
    closed = {status_key(each.spelling): each.spelling for each in statuses if each.meaning is not Meaning.OPEN}
    status = DIMENSIONS["status"]
    without = tuple(Filter(status, Operator.NOT, (spelling.strip(),)) for spelling in closed.values())
    return replace(
        question,
        by=(),
        pivot=None,
        metrics=OPEN_METRICS,
        model=model,
        comparison=None,
        filters=(*question.filters, *without),
        sort=None,
        limit=None,
    )
