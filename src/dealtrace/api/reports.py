"""`GET /api/reports`: reports on the results of advertising as JSON, CSV or XLSX, and the rows behind a figure."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import BinaryIO

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.answers.report import serialize_answer
from dealtrace.answers.rows_behind import RowsAnswer, serialize_rows
from dealtrace.api.report_parameters import figure_of, raw_question_of
from dealtrace.errors import Language
from dealtrace.files.reports.answer_file import write_answer
from dealtrace.files.row_writers import CONTENT_TYPES
from dealtrace.files.temporary_file import open_written
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import Sent
from dealtrace.http.replies import Reply, file_success, success
from dealtrace.operations.reports.ask import FactSource
from dealtrace.operations.reports.ask_pivot import ask_report_or_pivot
from dealtrace.operations.reports.read_question import read_question, read_question_context
from dealtrace.operations.reports.show_rows import show_rows
from dealtrace.quota.points import PaidMethod
from dealtrace.reports.figure import Figure
from dealtrace.reports.question import Question

_EVENT = "report_answered"


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Answer with a report as JSON."""
    site, now = caller.site, clock.now()
    question = await caller.read_pool.read_newest(read_question, site, raw_question_of(sent), now)
    reply = await caller.ask_facts(_answer, site, question, now)
    await caller.pay_for_reading(PaidMethod.REPORT)
    return reply


def _answer(source: FactSource, site: Site, question: Question, now: datetime) -> Reply:
    answer = serialize_answer(ask_report_or_pivot(source, site, question, now), site.id)
    return success(answer, _EVENT, site_id=site.id, rows=len(answer["rows"]))


def respond_with(extension: str) -> Callable[[Caller, Sent], Awaitable[Reply]]:
    """Return a handler that answers with all rows of a report as a file (`.csv` or `.xlsx`)."""

    async def respond_with_file(caller: Caller, sent: Sent) -> Reply:
        site, now = caller.site, clock.now()
        question = await caller.read_pool.read_newest(read_question, site, raw_question_of(sent), now, rows_max=None)
        file = await caller.ask_facts(_write, site, question, now, extension, caller.language)
        try:
            await caller.pay_for_reading(PaidMethod.REPORT)
        except BaseException:
            file.close()
            raise
        first, last = question.period.first_on, question.period.last_on
        name = f"report-{site.id}-{first}-{last}{extension}"
        return file_success(file, CONTENT_TYPES[extension], name, _EVENT, site_id=site.id)

    return respond_with_file


def _write(
    source: FactSource, site: Site, question: Question, now: datetime, extension: str, language: Language
) -> BinaryIO:
    """Write a report to a temporary file and return the open file, which is deleted when it is closed."""
    answered = ask_report_or_pivot(source, site, question, now)
    return open_written(extension, partial(write_answer, answered=answered, language=language, proceed=source.proceed))


async def respond_with_rows(caller: Caller, sent: Sent) -> Reply:
    """Answer with the rows behind a figure of a report: its deals, leads, visits or costs."""
    site, now = caller.site, clock.now()
    known = await caller.read_pool.read_newest(read_question_context, site, now)
    figure = figure_of(sent, known)
    answer = await caller.ask_facts(_list_rows, site, figure, now)
    await caller.pay_for_reading(PaidMethod.REPORT)
    return success(answer, "report_rows_listed", site_id=site.id, rows=len(answer["rows"]))


def _list_rows(source: FactSource, site: Site, figure: Figure, now: datetime) -> RowsAnswer:
    return serialize_rows(show_rows(source, site, figure, now))
