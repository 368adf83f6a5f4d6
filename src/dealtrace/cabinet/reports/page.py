"""The page of a report."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.role import Role
from dealtrace.accounts.shared_link import DAYS_OFFERED
from dealtrace.accounts.site import Site
from dealtrace.cabinet.notes.axis import AxisNote, axis_notes, read_axis
from dealtrace.cabinet.reports.address import Address, address_of
from dealtrace.cabinet.reports.choices import choices_of
from dealtrace.cabinet.reports.line import over_time, time_line
from dealtrace.cabinet.reports.models import by_models
from dealtrace.cabinet.reports.pivot import metric_choices, pivot_table
from dealtrace.cabinet.reports.table import table_of
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidParameters
from dealtrace.operations.reports.ask import FactSource, ask
from dealtrace.operations.reports.ask_pivot import ask_pivot
from dealtrace.operations.reports.read_question import read_known
from dealtrace.record import record
from dealtrace.reports.answer import Report
from dealtrace.reports.kept.saved import SavedReport
from dealtrace.reports.periods import DEFAULT_PRESET
from dealtrace.reports.pivot import Pivot
from dealtrace.reports.question import Known, Question, parse_question
from dealtrace.storage.reports.saved import list_saved_reports

USUAL = {
    "by": "source,medium",
    "metrics": "visits,leads,deals,won,amount,cost,drr",
    "period": DEFAULT_PRESET,
    "limit": "100",
}
"""The default values of parameters that are missing in the URL."""
KEPT = {name: value for name, value in USUAL.items() if name != "limit"}
"""The defaults that saved questions include; `limit` is missing, because files have all rows by default."""
OK, BAD_REQUEST = 200, 400
TEMPLATE = "reports/page.html"


@record
class Answers:
    """The reports of the page: the rows, the pivot if there is one, and the first metric over time.

    With a pivot, the report has only the first metric. `line` is `None` if there is no chart.
    """

    question: Question
    report: Report
    pivot: Pivot | None
    line: Report | None


async def show(view: View) -> Response:
    """Show the report of the URL; an invalid question is shown with its faults."""
    site, now = view.here, clock.now()
    address = address_of(f"/cabinet/{site.id}/reports", view.request.query_params)
    known, saved = await view.read(_read, site, now, view.who.user.id)
    choices = choices_of(address, USUAL, known, view.language)
    around = {"address": address, "choices": choices, "saved": _saved(address, saved), **_rights(view)}
    try:
        question = parse_question(address.words(**USUAL), known)
    except InvalidParameters as refusal:
        fault = refusal.text(view.language)
        return view.page(TEMPLATE, BAD_REQUEST, **{"fault": fault, "report": None, **around})
    answers = await view.ask(ask_all, question, now)
    notes = axis_notes(await view.read(read_axis, site, question.period), site, view.language, view.word)
    return view.page(TEMPLATE, OK, **{"fault": "", **around, **shown(answers, address, notes, view)})


def shown(answers: Answers, address: Address, notes: Sequence[AxisNote], view: View) -> dict[str, object]:
    """Return the template variables of a report: its chart `line`, and either `table`, `models` or `pivot`."""
    report, pivot, language = answers.report, answers.pivot, view.language
    rows_page = f"{address.page}/rows"
    is_by_models = report.question.model is None
    has_table = not is_by_models and pivot is None
    named = [(each.name, each.ru if language == "ru" else each.en) for each in answers.question.metrics]
    return {
        "report": report,
        "table": table_of(report, address, rows_page, language, view.word) if has_table else None,
        "models": by_models(report, language) if is_by_models else None,
        "pivot": pivot_table(pivot, address, rows_page, language, view.word) if pivot is not None else None,
        "metrics": metric_choices(address, named),
        "line": time_line(answers.line, address, language, notes) if answers.line is not None else None,
    }


def read_known_of(connection: Connection, site: Site, now: datetime, user_id: int | None = None) -> Known:
    """Return the names that a question may use at a site; with `user_id`, also the segments of this user."""
    return read_known(connection, site, now, user_id=user_id)


def ask_all(source: FactSource, site: Site, question: Question, now: datetime) -> Answers:
    """Return the reports of the page: the rows, the pivot if there is one, and the first metric over time.

    There is no metric over time for a single day or for all models.
    """
    pivot = ask_pivot(source, site, question, now) if question.pivot is not None else None
    report = pivot.report if pivot is not None else ask(source, site, question, now)
    has_line = question.model is not None and question.period.days > 1
    line = ask(source, site, over_time(question, question.metrics[0]), now) if has_line else None
    return Answers(question, report, pivot, line)


def _read(connection: Connection, site: Site, now: datetime, user_id: int) -> tuple[Known, list[SavedReport]]:
    return read_known_of(connection, site, now, user_id), list_saved_reports(connection, site.id, user_id)


def _saved(address: Address, reports: Sequence[SavedReport]) -> list[tuple[str, str, bool]]:
    """Return the name and address of each saved report, and whether it is the report on the page."""
    here = address.written_out(KEPT).query
    return [(each.name, f"{address.page}?{each.query}", each.query == here) for each in reports]


def _rights(view: View) -> dict[str, object]:
    """Return template variables with the person's rights: whether they may share reports and change saved ones."""
    role = view.role or Role.READER
    return {"may_share": role.includes(Role.OWNER), "may_change": role.includes(Role.ANALYST), "days": DAYS_OFFERED}
