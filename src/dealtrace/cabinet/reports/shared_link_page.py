"""The page of a shared link: a single report without links, open to everybody who has the link."""

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.shared_link import SharedLink
from dealtrace.accounts.site import Site
from dealtrace.cabinet.formats import clock_time_in_zone, day
from dealtrace.cabinet.gate import limit_guessing, refusal_page
from dealtrace.cabinet.reports.comparison import compared_until, costs_note
from dealtrace.cabinet.reports.default_question import USUAL
from dealtrace.cabinet.reports.model_comparison import by_models
from dealtrace.cabinet.reports.page import (
    PageReports,
    ask_all,
    fitting_answers,
    model_said,
    read_context_of,
    time_line_of,
)
from dealtrace.cabinet.reports.pivot import pivot_table
from dealtrace.cabinet.reports.saved_items.page import site_report_url
from dealtrace.cabinet.reports.shared_link_tables import models_for_visitors, table_for_visitors
from dealtrace.cabinet.reports.table import table_of
from dealtrace.cabinet.reports.time_chart import undrawn_message
from dealtrace.cabinet.reports.without_contacts import for_person
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidParameters, Refusal
from dealtrace.operations.accounts.share_report import open_link, touch_link
from dealtrace.record import record
from dealtrace.reports.question import QuestionContext, parse_question
from dealtrace.reports.reading.overlap import overlap_text
from dealtrace.storage.accounts.sites import find_site

HEADERS = {
    "cache-control": "private, no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow, noarchive",
}


@record
class Opened:
    """A working shared link, its site, and what the parser of the report's question must know of the site."""

    link: SharedLink
    site: Site
    known: QuestionContext


async def show(view: View) -> Response:
    """Show the report of a shared link, without a login; the query string of the URL is ignored."""
    view.person, view.form_token = None, ""
    try:
        page = await _answer(view)
    except Refusal as refusal:
        view.site = None
        page = refusal_page(view, refusal)
    page.headers.update(HEADERS)
    return page


async def _answer(view: View) -> Response:
    now = clock.now()
    opened = await view.read(_open, view.request.path_params["key"], now)
    if opened is None:
        await limit_guessing(view)
        return view.page("shared/gone.html", HTTPStatus.NOT_FOUND, lacks_segment=False)
    known, asked = for_person(view, opened.known, site_report_url(opened.site.id, opened.link.query))
    known = replace(known, mask=None)  # the filters are those of the person who made the link
    try:
        question = replace(parse_question(asked.raw_question(**USUAL), known), hides_contacts=True)
    except InvalidParameters:
        lacks_segment = bool(asked.get("segment")) and asked.get("segment") not in known.segments
        return view.page("shared/gone.html", HTTPStatus.GONE, lacks_segment=lacks_segment)
    if opened.link.is_due(now):
        await view.manage(touch_link, opened.link)
    view.site = opened.site
    answers = await view.ask(ask_all, question, now, asked.get("chart"))
    view.site = None
    until = compared_until(answers.report.question, opened.site, now, view.language)
    as_of = clock_time_in_zone(view.language, now, opened.site.time_zone)
    return view.page(
        "shared/page.html",
        **{
            "title": view.shown_name(opened.link.name),
            "compared_until": until,
            "costs_note": costs_note(answers.report, view),
            "as_of": as_of,
            **_shown(answers, view),
        },
    )


def _shown(answers: PageReports, view: View) -> dict[str, object]:
    """Return the context of the report's template, without links and with contacts masked."""
    answers = fitting_answers(answers)
    report, pivot, language = answers.report, answers.pivot, view.language
    by, nowhere = report.question.by, site_report_url(0, "")
    is_by_models = report.question.model is None
    has_table = not is_by_models and pivot is None
    table = table_of(report, nowhere, "", language, view.translate) if has_table else None
    return {
        "report": report,
        "table": table_for_visitors(table, by) if table is not None else None,
        "models": models_for_visitors(by_models(report, None, "", language, view.translate), by)
        if is_by_models
        else None,
        "pivot": pivot_table(pivot, None, "", language, view.translate) if pivot is not None else None,
        "metrics": (),
        "open_deals": None,
        "by_medium": "",
        "explained_falls": (),
        "no_source": None,
        "model": model_said(report, language),
        "overlap": overlap_text(report.question, language),
        "line": time_line_of(answers, None, "", language),
        "undrawn": undrawn_message(report.question, report.question.metrics[0], language, view.translate),
        "first": day(language, answers.question.period.first_on),
        "last": day(language, answers.question.period.last_on),
    }


def _open(connection: Connection, key: str, now: datetime) -> Opened | None:
    link = open_link(connection, key, now)
    site = find_site(connection, link.site_id) if link is not None else None
    if link is None or site is None:
        return None
    return Opened(link, site, read_context_of(connection, site, now))
