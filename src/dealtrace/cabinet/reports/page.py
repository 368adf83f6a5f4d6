"""The page of a report."""

from datetime import datetime

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.cabinet.reports.address import address_of
from dealtrace.cabinet.reports.choices import choices_of
from dealtrace.cabinet.reports.line import over_time, time_line
from dealtrace.cabinet.reports.models import by_models
from dealtrace.cabinet.reports.table import table_of
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidParameters
from dealtrace.operations.reports.ask import FactSource, ask
from dealtrace.operations.reports.read_question import read_known
from dealtrace.reports.answer import Report
from dealtrace.reports.periods import DEFAULT_PRESET
from dealtrace.reports.question import Known, Question, parse_question

USUAL = {
    "by": "source,medium",
    "metrics": "visits,leads,deals,won,amount,cost,drr",
    "period": DEFAULT_PRESET,
    "limit": "100",
}
"""The default values of parameters that are missing in the URL."""
BAD_REQUEST = 400
TEMPLATE = "reports/page.html"


async def show(view: View) -> Response:
    """Show the report of the URL; an invalid question is shown with its faults."""
    address, now = address_of(f"/cabinet/{view.here.id}/reports", view.request.query_params), clock.now()
    known = await view.read(read_known_of, view.here, now)
    choices = choices_of(address, USUAL, known, view.language)
    try:
        question = parse_question(address.words(**USUAL), known)
    except InvalidParameters as refusal:
        fault = refusal.text(view.language)
        return view.page(TEMPLATE, BAD_REQUEST, fault=fault, choices=choices, address=address, report=None)
    report, line = await view.ask(_ask_both, question, now)
    is_by_models = question.model is None
    return view.page(
        TEMPLATE,
        fault="",
        address=address,
        choices=choices,
        report=report,
        table=None if is_by_models else table_of(report, address, f"{address.page}/rows", view.language, view.word),
        models=by_models(report, view.language) if is_by_models else None,
        line=time_line(line, address, view.language) if line is not None else None,
    )


def read_known_of(connection: Connection, site: Site, now: datetime) -> Known:
    """Return what the site has defined that questions may use."""
    return read_known(connection, site, now)


def _ask_both(source: FactSource, site: Site, question: Question, now: datetime) -> tuple[Report, Report | None]:
    """Return the report and its first metric over time; the latter is `None` for a single day or all models."""
    report = ask(source, site, question, now)
    if question.model is None or question.period.days == 1:
        return report, None
    return report, ask(source, site, over_time(question, question.metrics[0]), now)
