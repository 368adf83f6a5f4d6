"""Count the deals that are still open in a period whose income is shown."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.operations.reports.ask import FactSource, ask
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.question import Question
from dealtrace.reports.reading.open_deals import FallenIncome, asks_for_income, fallen_income, open_deals_question
from dealtrace.reports.statuses import Status


@record
class OpenDeals:
    """The open deals of a period: their number, their amount if it is known, and the question that asks for them.

    `income` is the metric of income whose total fell, or `None` if none fell or the report compares nothing.
    """

    income: FallenIncome | None
    question: Question
    deals: Fraction
    amount: Fraction | None


def find_open_deals(
    source: FactSource, site: Site, report: Report, statuses: Sequence[Status], now: datetime
) -> OpenDeals | None:
    """Return the deals of a report's period that are still open; `None` if no deal is open or income is not shown."""
    if not asks_for_income(report.question):
        return None
    model = report.question.model if report.question.model is not None else AttributionModel(site.attribution)
    question = open_deals_question(report.question, statuses, model)
    ((deals, amount),) = ask(source, site, question, now).total.values.values()
    return OpenDeals(fallen_income(report), question, deals, amount) if deals else None
