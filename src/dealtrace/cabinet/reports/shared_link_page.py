"""The page of a shared link: a single report without links, open to everybody who has the link."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.shared_link import SharedLink
from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.cabinet.formats import clock_time_in_zone, day
from dealtrace.cabinet.gate import limit_guessing, refusal_page
from dealtrace.cabinet.reports.change_texts import compared_until, costs_note
from dealtrace.cabinet.reports.key_cells import KeyCell
from dealtrace.cabinet.reports.model_comparison import ModelsLine, ModelsTable, by_models
from dealtrace.cabinet.reports.page import (
    PageReports,
    ask_all,
    fitting_answers,
    model_said,
    read_context_of,
    time_line_of,
)
from dealtrace.cabinet.reports.pivot import pivot_table
from dealtrace.cabinet.reports.report_url import USUAL
from dealtrace.cabinet.reports.saved_items.page import site_report_url
from dealtrace.cabinet.reports.table import Table, TableLine, table_of, unsortable
from dealtrace.cabinet.reports.time_chart import undrawn_message
from dealtrace.cabinet.reports.without_contacts import for_person, unlinked
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidParameters, Refusal
from dealtrace.operations.accounts.share_report import open_link, touch_link
from dealtrace.record import record
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.question import QuestionContext
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.reading.masking import masked_key
from dealtrace.reports.reading.overlap import overlap_text, undivided_text
from dealtrace.storage.accounts.sites import find_site

HEADERS = {
    "cache-control": "private, no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow, noarchive",
}


def table_for_visitors(table: Table, by: Sequence[Dimension]) -> Table:
    """Return a copy of a report's table without links and with masked keys; `by` are the dimensions of the keys."""
    lines = tuple(
        TableLine(
            tuple(_key(dimension, key) for dimension, key in zip(by, line.keys, strict=True)),
            tuple(map(unlinked, line.cells)),
        )
        for line in table.lines
    )
    return replace(unsortable(table), lines=lines, total=tuple(map(unlinked, table.total)), more="")


def models_for_visitors(table: ModelsTable, by: Sequence[Dimension]) -> ModelsTable:
    """Return a copy of `table` in which the keys are masked and are not links; `by` are the dimensions of the keys."""
    return replace(table, lines=tuple(_models_line(line, by) for line in table.lines))


def _models_line(line: ModelsLine, by: Sequence[Dimension]) -> ModelsLine:
    return replace(line, keys=tuple(_key(dimension, key) for dimension, key in zip(by, line.keys, strict=False)))


def _key(dimension: Dimension, key: KeyCell) -> KeyCell:
    return replace(key, text=masked_key(dimension, key.text), url="")


@record
class OpenedLink:
    """A working shared link, its site, and the facts about the site that the parser of the report's question needs."""

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
    if opened.link.segment_deleted_at is not None:
        return view.page("shared/gone.html", HTTPStatus.GONE, lacks_segment=True)
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
            "expires": day(view.language, site_day(opened.link.expires_at, opened.site.time_zone)),
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
        "undivided": undivided_text(report.question, language),
        "line": time_line_of(answers, None, "", language),
        "undrawn": undrawn_message(report.question, report.question.metrics[0], language, view.translate),
        "first": day(language, answers.question.period.first_on),
        "last": day(language, answers.question.period.last_on),
    }


def _open(connection: Connection, key: str, now: datetime) -> OpenedLink | None:
    link = open_link(connection, key, now)
    site = find_site(connection, link.site_id) if link is not None else None
    if link is None or site is None:
        return None
    return OpenedLink(link, site, read_context_of(connection, site, now))
