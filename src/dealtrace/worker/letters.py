"""Write the contents of e-mails (letters) about alerts and scheduled reports."""

from dataclasses import replace
from functools import partial
from os import SEEK_END

from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.errors import Language
from dealtrace.files.atomic_file import Proceed
from dealtrace.files.reports.answer_file import write_answer
from dealtrace.files.reports.code_labels import answer_with_labels
from dealtrace.files.reports.filter_words import mailed_filters
from dealtrace.files.row_writers import CSV
from dealtrace.files.temporary_file import open_written
from dealtrace.mails.letter import ATTACHMENT_BYTES_MAX, Attachment, Letter
from dealtrace.mails.mail import Mail, MailPurpose
from dealtrace.mails.report_letter import report_letter
from dealtrace.mails.scheduled_report import ScheduledReport
from dealtrace.operations.alerts.write_letter import write_alert_letter
from dealtrace.operations.mails.scheduled_reports import read_due_question
from dealtrace.operations.mails.send_to_recipients import may_receive, recipient_sees_contacts
from dealtrace.operations.mails.unsubscribe import find_unsubscribe_key
from dealtrace.operations.reports.ask import FactSource
from dealtrace.operations.reports.ask_pivot import ask_report_or_pivot
from dealtrace.reports.answer import Report
from dealtrace.reports.pivot import Pivot
from dealtrace.reports.question import Question
from dealtrace.reports.reading.masking import answer_without_contacts, masked_label
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.report_pool import ReportPool
from dealtrace.storage.mails.scheduled_reports import find_scheduled_report


class Letters:
    """Writes the contents of e-mails; `cabinet` is the URL of the web interface, to which the e-mails link."""

    def __init__(self, read_pool: ReadPool, report_pool: ReportPool, cabinet: str) -> None:
        self._read_pool = read_pool
        self._report_pool = report_pool
        self._cabinet = cabinet

    async def write(self, site: Site, mail: Mail) -> Letter | None:
        """Return the contents of an e-mail.

        The result is `None` if the alert or report of the e-mail was removed, or if the recipient of the e-mail is a
        user who no longer has a role on the site.
        """
        if not await self._read_pool.read(may_receive, mail):
            return None
        key = await self._read_pool.read(find_unsubscribe_key, mail)
        letter = await self._letter(site, mail)
        link = f"{self._cabinet}/unsubscribe/{key}" if key else ""
        return replace(letter, unsubscribe=link) if letter is not None else None

    async def _letter(self, site: Site, mail: Mail) -> Letter | None:
        if mail.purpose is not MailPurpose.REPORT:
            return await self._read_pool.read(write_alert_letter, site, mail, self._cabinet, mailed_filters)
        found = await self._read_pool.read(_read_report, site, mail)
        if found is None:
            return None
        report, question, is_whole = found
        link = f"{self._cabinet}/{site.id}/settings/mail-reports" if mail.recipient.user_id is not None else ""
        return await self._report_pool.ask(None, site, _write, site, report, question, mail, link, is_whole=is_whole)


def _read_report(connection: Connection, site: Site, mail: Mail) -> tuple[ScheduledReport, Question, bool] | None:
    """Return the report that an e-mail sends, the question of the report, and whether the recipient may see contacts.

    The result is `None` if the report was deleted.
    """
    report = find_scheduled_report(connection, site.id, mail.subject_id)
    if report is None:
        return None
    return (
        report,
        read_due_question(connection, site, report, mail.caused_at),
        recipient_sees_contacts(connection, mail),
    )


def _write(
    source: FactSource,
    site: Site,
    report: ScheduledReport,
    question: Question,
    mail: Mail,
    link: str,
    *,
    is_whole: bool,
) -> Letter:
    """Return the letter of a report computed now, with the report or its pivot table attached as a CSV file.

    As on the report's page in the cabinet, hours, days and so on that have no data get rows too. Contacts in the title,
    the keys of rows and the names of columns are masked unless `is_whole` is true.
    """
    asked = replace(question, shows_empty_times=True, hides_contacts=not is_whole)
    answered = ask_report_or_pivot(source, site, asked, clock.now())
    language = mail.recipient.language
    answered = answer_with_labels(answered if is_whole else answer_without_contacts(answered), language)
    title = report.title if is_whole else masked_label(report.title)
    content, rows = _attached(answered, language, source.proceed)
    attached = rows if rows < _rows_of(answered) else None
    letter = report_letter(title, answered, site.name, language, link, rows_attached=attached)
    period = question.period
    name = f"report-{site.id}-{period.first_on}-{period.last_on}{CSV}"
    return replace(letter, attachments=(Attachment(name, "csv", content),))


def _attached(answered: Report | Pivot, language: Language, proceed: Proceed) -> tuple[bytes, int]:
    """Return a CSV file with about as many rows as fit in an e-mail, at least one, and the number of these rows.

    A file that is too large is not read into memory, unless it has only one row.
    """
    rows = _rows_of(answered)
    part = answered
    while True:
        write = partial(write_answer, answered=part, for_excel=True, language=language, proceed=proceed)
        with open_written(CSV, write) as file:
            size = file.seek(0, SEEK_END)
            if size <= ATTACHMENT_BYTES_MAX or rows <= 1:
                file.seek(0)
                return file.read(), rows
        rows = max(min(rows * ATTACHMENT_BYTES_MAX // size, rows * 9 // 10), 1)
        part = _cut(answered, rows)


def _rows_of(answered: Report | Pivot) -> int:
    return len(answered.rows if isinstance(answered, Report) else answered.lines)


def _cut(answered: Report | Pivot, rows: int) -> Report | Pivot:
    """Return a report or a pivot with only its first rows."""
    if isinstance(answered, Report):
        return replace(answered, rows=answered.rows[:rows])
    report = replace(answered.report, rows=answered.report.rows[:rows])
    return replace(answered, report=report, lines=answered.lines[:rows])
