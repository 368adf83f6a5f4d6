"""A report as a file to download: the same question as on the page, with all rows."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import BinaryIO

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.cabinet.formats import day
from dealtrace.cabinet.rendering import HEADERS
from dealtrace.cabinet.reports.key_cells import value_label
from dealtrace.cabinet.reports.page import shown_question
from dealtrace.cabinet.reports.report_url import DEFAULTS_WRITTEN_OUT, report_url_of
from dealtrace.cabinet.reports.tree.levels import levels_of
from dealtrace.cabinet.reports.tree.open_rows import is_tree
from dealtrace.cabinet.reports.without_contacts import for_person
from dealtrace.cabinet.view import View
from dealtrace.errors import Language
from dealtrace.files.reports.answer_file import write_answer
from dealtrace.files.reports.code_labels import answer_with_labels
from dealtrace.files.reports.question_words import QuestionWords
from dealtrace.files.row_writers import CONTENT_TYPES, CSV
from dealtrace.files.temporary_file import open_written
from dealtrace.http.sent_file import SentFile
from dealtrace.operations.reports.ask import FactSource
from dealtrace.operations.reports.ask_pivot import ask_report_or_pivot
from dealtrace.operations.reports.read_question import read_question_context
from dealtrace.reports.question import Question, QuestionContext
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.reading.masking import answer_without_contacts


def send_as(extension: str) -> Callable[[View], Awaitable[Response]]:
    """Return the handler that sends a report as a file with this extension."""

    async def send(view: View) -> Response:
        site, now = view.current_site, clock.now()
        url = report_url_of(f"/cabinet/{site.id}/reports", view.request.query_params)
        context = await view.read(_read, site, now, view.rights.user.id)
        known, url = for_person(view, context, url)
        question = replace(parse_question(url.raw_question(**DEFAULTS_WRITTEN_OUT), known), limit=None)
        shown = shown_question(question, url.get("chart"))
        if is_tree(url, question):
            shown = replace(shown, by=levels_of(question).dimensions)
        file = await view.ask(_write, shown, now, extension, view.language, is_whole=view.may_see_contacts)
        name = f"report-{site.id}-{question.period.first_on}-{question.period.last_on}{extension}"
        return SentFile(file, name, CONTENT_TYPES[extension], headers=HEADERS, server_stop=view.services.server_stop)

    return send


def _read(connection: Connection, site: Site, now: datetime, user_id: int) -> QuestionContext:
    return read_question_context(connection, site, now, rows_max=None, user_id=user_id, is_for_page=True)


def _write(
    source: FactSource,
    site: Site,
    question: Question,
    now: datetime,
    extension: str,
    language: Language,
    *,
    is_whole: bool,
) -> BinaryIO:
    """Write a report to a temporary file and return the open file; it is already unlinked, so closing it deletes it.

    Contacts in the keys of the report are masked unless `is_whole` is true.
    """
    answered = ask_report_or_pivot(source, site, question, now)
    shown = answer_with_labels(answered if is_whole else answer_without_contacts(answered), language)
    words = QuestionWords(
        language, partial(day, language), lambda value, dimension: value_label(dimension, value, language)
    )
    written = partial(
        write_answer,
        answered=shown,
        for_excel=extension == CSV,
        language=language,
        words=words,
        proceed=source.proceed,
    )
    return open_written(extension, written)
