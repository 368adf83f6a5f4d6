"""Schedule reports, have them sent when they are due, and stop them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind, SiteChange
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
from dealtrace.mails.subscription import MailList
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.mails.send_to import Mailing, send_to
from dealtrace.operations.reports.read_question import read_question
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.reports.periods import Comparison
from dealtrace.reports.question import LIMIT_MAX, Question, Words
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.mails import scheduled_reports
from dealtrace.storage.mails.leaves import delete_leaves
from dealtrace.storage.mails.outbox import delete_mails

DUE_AT_ONCE = 4
"""Reports of one site that one transaction takes; the others follow at the next look."""


@record
class NewScheduledReport:
    """A report to be scheduled; the period of its words does not count."""

    title: str
    words: Words
    rhythm: Rhythm
    hour: int
    recipients: tuple[Recipient, ...]


def schedule_report(
    connection: Connection,
    ids: IdBlocks,
    site: Site,
    new: NewScheduledReport,
    now: datetime,
    user_id: int | None = None,
) -> ScheduledReport:
    """Store a report that is sent by mail from its next time on; `user_id` is the user who adds it.

    Raises:
        InvalidParameters: its question cannot be asked.
        InvalidSetting: the title is empty or too long, nobody gets it, or the site has too many.
    """
    title = _checked_title(new)
    if scheduled_reports.count_scheduled_reports(connection, site.id) >= REPORTS_MAX:
        raise InvalidSetting(key="title", ru=f"не больше {REPORTS_MAX} рассылок", en=f"at most {REPORTS_MAX} reports")
    due_at = next_due(new.rhythm, new.hour, site.time_zone, now)
    report = ScheduledReport(
        id=ScheduledReportId(ids.take()),
        site_id=site.id,
        title=title,
        words=_without_period(new.words),
        rhythm=new.rhythm,
        hour=new.hour,
        recipients=new.recipients,
        created_at=now,
        due_at=due_at,
    )
    read_due_question(connection, site, report, due_at)
    scheduled_reports.insert_scheduled_report(connection, report)
    _record(connection, report, "", report.title, now, user_id)
    return report


def change_report(
    connection: Connection, site: Site, report_id: int, new: NewScheduledReport, now: datetime, user_id: int | None
) -> bool:
    """Store another title, question, time or other recipients of a report; `False` if the site has no such report.

    A changed time counts from now on; otherwise the report is sent next when it would have been. `user_id` is the
    user who changes it. Mails that wait go to those who were to get them.

    Raises:
        InvalidParameters: its question cannot be asked.
        InvalidSetting: the title is empty or too long, or nobody gets it.
    """
    report = scheduled_reports.find_scheduled_report(connection, site.id, report_id)
    if report is None:
        return False
    changed = replace(
        report,
        title=_checked_title(new),
        words=_without_period(new.words),
        rhythm=new.rhythm,
        hour=new.hour,
        recipients=new.recipients,
    )
    is_moved = (changed.rhythm, changed.hour) != (report.rhythm, report.hour)
    due_at = next_due(changed.rhythm, changed.hour, site.time_zone, now) if is_moved else None
    read_due_question(connection, site, changed, due_at or report.due_at)
    scheduled_reports.update_scheduled_report(connection, changed, due_at=due_at)
    for before, after in _differences(report, changed):
        _record(connection, report, before, after, now, user_id)
    return True


def _checked_title(new: NewScheduledReport) -> str:
    """Return the title of a report without blanks around it.

    Raises:
        InvalidSetting: the title is empty or too long, or nobody gets the report.
    """
    title = new.title.strip()
    if not 0 < len(title) <= TITLE_LENGTH_MAX or not title.isprintable():
        limit = TITLE_LENGTH_MAX
        raise InvalidSetting(
            key="title", ru=f"нужно от 1 до {limit} символов", en=f"1 to {limit} characters are needed"
        )
    if not new.recipients:
        raise InvalidSetting(key="recipients", ru="укажите, кому отправлять", en="name somebody who gets it")
    return title


def _without_period(words: Words) -> Words:
    return replace(words, period="", first="", last="", compare="", limit="")


def _differences(report: ScheduledReport, changed: ScheduledReport) -> Iterator[tuple[str, str]]:
    """Yield what was changed, from what to what; of recipients those who left the list and those who came."""
    yield report.title, changed.title
    yield f"{report.rhythm} {report.hour}:00", f"{changed.rhythm} {changed.hour}:00"
    yield scheduled_reports.written_words(report.words), scheduled_reports.written_words(changed.words)
    before, after = ({each.address: None for each in which.recipients} for which in (report, changed))
    yield (
        ", ".join(each for each in before if each not in after),
        ", ".join(each for each in after if each not in before),
    )


def _record(
    connection: Connection, report: ScheduledReport, before: str, after: str, now: datetime, user_id: int | None
) -> None:
    change = SiteChange(ChangeKind.MAIL_REPORT, report.title, before, after, now, user_id)
    record_change(connection, report.site_id, change)


def read_due_question(connection: Connection, site: Site, report: ScheduledReport, at: datetime) -> Question:
    """Return the question of a report that is sent at an instant.

    Raises:
        InvalidParameters: the question names what the site does not have any more.
        InvalidSetting: it asks for all models at once.
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


def stop_report(connection: Connection, site: Site, report_id: int, now: datetime, user_id: int | None = None) -> None:
    """Delete a report, and its mails that wait; one that does not exist is stopped already."""
    report = scheduled_reports.find_scheduled_report(connection, site.id, report_id)
    if report is not None and scheduled_reports.delete_scheduled_report(connection, site.id, report_id):
        delete_mails(connection, [MailPurpose.REPORT], [report_id])
        delete_leaves(connection, site.id, MailList.REPORT, report_id)
        _record(connection, report, report.title, "", now, user_id)


def leave_report(connection: Connection, site: Site, report_id: int, user_id: int, now: datetime) -> None:
    """Send a report to a user no more; without anybody left it is deleted."""
    report = scheduled_reports.find_scheduled_report(connection, site.id, report_id)
    if report is None:
        return
    others = tuple(each for each in report.recipients if each.user_id != user_id)
    if not others:
        stop_report(connection, site, report_id, now, user_id)
        return
    changed = replace(report, recipients=others)
    scheduled_reports.update_scheduled_report(connection, changed)
    for before, after in _differences(report, changed):
        _record(connection, report, before, after, now, user_id)


@operation(ids_per_command=DUE_AT_ONCE * RECIPIENTS_MAX)
def send_due_reports(work: Work, commands: Sequence[WriteCommand[None]]) -> list[int]:
    """Store the mails of reports that are due, with when they are sent next; each outcome is how many reports.

    Both are one transaction, so none is lost or sent twice. Of several times that were missed only the last is sent.
    """
    return [_send_due(work) for _ in commands]


def _send_due(work: Work) -> int:
    sent, zone = 0, work.site.time_zone
    for report in scheduled_reports.list_due_reports(work.connection, work.site.id, work.now)[:DUE_AT_ONCE]:
        at = last_due(report.rhythm, report.hour, zone, report.due_at, work.now)
        following = next_due(report.rhythm, report.hour, zone, work.now)
        if scheduled_reports.update_due(work.connection, report, following):
            send_to(work, _mailing(report), report.recipients, at)
            sent += 1
    return sent


def _mailing(report: ScheduledReport) -> Mailing:
    return Mailing(MailPurpose.REPORT, report.id, MailList.REPORT, report.id)
