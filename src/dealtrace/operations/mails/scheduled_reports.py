"""Schedule reports by mail, send those that are due, and stop them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import site_day
from dealtrace.errors import InvalidSetting
from dealtrace.mails.mail import MailPurpose
from dealtrace.mails.recipient import RECIPIENTS_MAX, Recipient
from dealtrace.mails.scheduled_report import (
    REPORTS_MAX,
    TITLE_LENGTH_MAX,
    Rhythm,
    ScheduledReport,
    ScheduledReportId,
    last_due,
    next_due,
    period_of,
)
from dealtrace.operations.mails.send_to import send_to
from dealtrace.operations.reports.read_question import read_question
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.reports.periods import Comparison
from dealtrace.reports.question import LIMIT_MAX, Question, Words
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.mails import scheduled_reports
from dealtrace.storage.mails.outbox import delete_mails

DUE_AT_ONCE = 4
"""The most reports of one site that are sent in one transaction; the next transaction takes the others."""


@record
class NewScheduledReport:
    """A report to schedule; `words` are its unparsed question, which says what to show.

    A period in the question is ignored, since `rhythm` sets the period of each mail.
    """

    title: str
    words: Words
    rhythm: Rhythm
    hour: int
    recipients: tuple[Recipient, ...]


def schedule_report(
    connection: Connection, ids: IdBlocks, site: Site, new: NewScheduledReport, now: datetime
) -> ScheduledReport:
    """Store a report that is sent by mail on a schedule, and return it.

    Raises:
        InvalidParameters: `new.words` is not a valid question for a report.
        InvalidSetting: the title is empty or too long, there is no recipient, or the site has too many reports.
    """
    title = new.title.strip()
    if not 0 < len(title) <= TITLE_LENGTH_MAX or not title.isprintable():
        limit = TITLE_LENGTH_MAX
        raise InvalidSetting(
            key="title", ru=f"нужно от 1 до {limit} символов", en=f"1 to {limit} characters are needed"
        )
    if not new.recipients:
        raise InvalidSetting(
            key="recipients", ru="выберите хотя бы одного получателя", en="choose at least one recipient"
        )
    if scheduled_reports.count_scheduled_reports(connection, site.id) >= REPORTS_MAX:
        raise InvalidSetting(
            key="title",
            ru=f"у сайта уже {REPORTS_MAX} рассылок, удалите ненужную",
            en=f"the site has {REPORTS_MAX} scheduled reports, delete one",
        )
    due_at = next_due(new.rhythm, new.hour, site.time_zone, now)
    report = ScheduledReport(
        id=ScheduledReportId(ids.take()),
        site_id=site.id,
        title=title,
        words=replace(new.words, period="", first="", last="", compare="", limit=""),
        rhythm=new.rhythm,
        hour=new.hour,
        recipients=new.recipients,
        created_at=now,
        due_at=due_at,
    )
    read_due_question(connection, site, report, due_at)
    scheduled_reports.insert_scheduled_report(connection, report)
    return report


def read_due_question(connection: Connection, site: Site, report: ScheduledReport, at: datetime) -> Question:
    """Return the parsed question of a scheduled report for the mail that is sent at `at`.

    Its period is the one that this mail covers, compared with the period before.

    Raises:
        InvalidParameters: the question uses a name that the site no longer has.
        InvalidSetting: the question asks for all attribution models at once.
    """
    period = period_of(report.rhythm, site_day(at, site.time_zone))
    words = replace(
        report.words,
        first=period.first_on.isoformat(),
        last=period.last_on.isoformat(),
        compare=Comparison.PREVIOUS,
        limit=str(LIMIT_MAX),
    )
    question = read_question(connection, site, words, at)
    if question.model is None:
        raise InvalidSetting(key="question", ru="выберите одну модель атрибуции", en="choose one attribution model")
    return question


def stop_report(connection: Connection, site: Site, report_id: int) -> None:
    """Delete a scheduled report and its unsent mails; do nothing if it does not exist."""
    if scheduled_reports.delete_scheduled_report(connection, site.id, report_id):
        delete_mails(connection, [MailPurpose.REPORT], [report_id])


def leave_report(connection: Connection, site: Site, report_id: int, user_id: int) -> None:
    """Remove a user from the recipients of a scheduled report; without recipients the report is deleted."""
    report = scheduled_reports.find_scheduled_report(connection, site.id, report_id)
    if report is None:
        return
    others = tuple(each for each in report.recipients if each.user_id != user_id)
    if others:
        scheduled_reports.update_recipients(connection, report, others)
    else:
        stop_report(connection, site, report_id)


@operation(ids_per_command=DUE_AT_ONCE * RECIPIENTS_MAX)
def send_due_reports(work: Work, commands: Sequence[WriteCommand[None]]) -> list[int]:
    """Store the mails of the reports that are due; the outcome of a command is the number of reports.

    The mails and the next due times of the reports are stored in one transaction, so no mail is lost or sent twice. If
    several times were missed, only the mail for the last of them is sent.
    """
    return [_send_due(work) for _ in commands]


def _send_due(work: Work) -> int:
    sent, zone = 0, work.site.time_zone
    for report in scheduled_reports.list_due_reports(work.connection, work.site.id, work.now)[:DUE_AT_ONCE]:
        at = last_due(report.rhythm, report.hour, zone, report.due_at, work.now)
        following = next_due(report.rhythm, report.hour, zone, work.now)
        if scheduled_reports.update_due(work.connection, report, following):
            send_to(work, MailPurpose.REPORT, report.id, report.recipients, at)
            sent += 1
    return sent
