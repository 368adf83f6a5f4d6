"""Schedule reports to be sent by e-mail, store the e-mails of due reports, and delete schedules."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind, FormerValues, SiteChange, only_part
from dealtrace.accounts.site_days import site_day
from dealtrace.errors import InvalidParameters, InvalidSetting
from dealtrace.mails.mail import MailPurpose
from dealtrace.mails.recipient import RECIPIENTS_MAX, Recipient, recipients_changed
from dealtrace.mails.scheduled_report import (
    REPORTS_MAX,
    Rhythm,
    ScheduledReport,
    ScheduledReportId,
    last_due,
    next_due,
    period_of,
)
from dealtrace.mails.subscription import MailList
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.mails.send_to_recipients import Mailing, send_to, without_unsubscribed
from dealtrace.operations.reports.read_question import check_segment_is_shared, read_question_context
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import AccountWork, Work, operation, takes_ids
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.reports.periods import Comparison
from dealtrace.reports.question import Question, QuestionContext, RawQuestion
from dealtrace.reports.question_parser import parse_question
from dealtrace.reports.saved_items.names import check_has_room, check_saved_name
from dealtrace.storage.mails import scheduled_reports
from dealtrace.storage.mails.outbox import delete_mails, delete_waiting_mails
from dealtrace.storage.mails.recipients import recipients_from, stored_recipients
from dealtrace.storage.mails.unsubscriptions import delete_unsubscriptions

REPORT_PARTS = ("title", "schedule", "question", "recipients")
"""The parts of a scheduled report; the history records the changes to each part separately."""
DUE_AT_ONCE = 4
"""The maximum number of a site's due reports whose e-mails one transaction stores; later transactions do the rest."""


_COMPARISONS = {
    Rhythm.DAILY: Comparison.PREVIOUS,
    Rhythm.WEEKLY: Comparison.PREVIOUS,
    Rhythm.MONTHLY: Comparison.MONTHS,
}
"""What the figures of an e-mail are compared with; a month is compared with the whole month before."""


@record
class NewScheduledReport:
    """A report to schedule; `raw_question` is its unparsed question, which says what to show.

    A period in the question is ignored, since `rhythm` sets the period of each e-mail.
    """

    title: str
    raw_question: RawQuestion
    rhythm: Rhythm
    hour: int
    recipients: tuple[Recipient, ...]


@record
class InvalidReport:
    """A scheduled report that can no longer be made, and the reason."""

    report: ScheduledReport
    refusal: InvalidParameters | InvalidSetting


@takes_ids(1)
def schedule_report(work: Work, new: NewScheduledReport, *, restored_id: int | None = None) -> ScheduledReport:
    """Store a report that is sent by e-mail on a schedule, and return it.

    A removed report that is restored gets its earlier id, `restored_id`, again, so that it cannot be restored twice.

    Raises:
        InvalidParameters: `new.raw_question` is not a valid question for a report, or uses the user's own segment.
        InvalidSetting: the title is empty or too long, there are no recipients, the site has too many reports, the
            question asks for all attribution models at once, or a report with the id `restored_id` exists already.
    """
    if restored_id is not None and scheduled_reports.find_scheduled_report(work.connection, work.site.id, restored_id):
        raise InvalidSetting(key="title", ru="этот отчёт уже восстановлен", en="this report has already been restored")
    title = _checked_title(new)
    check_has_room(scheduled_reports.count_scheduled_reports(work.connection, work.site.id), REPORTS_MAX, "title")
    due_at = next_due(new.rhythm, new.hour, work.site.time_zone, work.now)
    report = ScheduledReport(
        id=ScheduledReportId(restored_id if restored_id is not None else work.ids.take()),
        site_id=work.site.id,
        title=title,
        raw_question=_without_period(new.raw_question),
        rhythm=new.rhythm,
        hour=new.hour,
        recipients=new.recipients,
        created_at=work.now,
        due_at=due_at,
    )
    if restored_id is None:
        check_segment_is_shared(work.connection, work.site, new.raw_question, work.user_id)
    read_due_question(work.connection, work.site, report, due_at)
    scheduled_reports.insert_scheduled_report(work.connection, report)
    _record(work, report, ("", report.title), {})
    return report


def change_report(work: Work, report_id: int, new: NewScheduledReport) -> bool:
    """Change the title, question, time or recipients of a report; return `False` if the site has no such report.

    If the rhythm or the hour changes, the next e-mail is due at the first time after `now` that the new values allow;
    otherwise its due time does not change. E-mails that are waiting to be sent keep their recipients.

    Raises:
        InvalidParameters: `new.raw_question` is not a valid question for a report, or uses the user's own segment.
        InvalidSetting: the title is empty or too long, there are no recipients, or the question asks for all
            attribution models at once.
    """
    report = scheduled_reports.find_scheduled_report(work.connection, work.site.id, report_id)
    if report is None:
        return False
    changed = replace(
        report,
        title=_checked_title(new),
        raw_question=_without_period(new.raw_question),
        rhythm=new.rhythm,
        hour=new.hour,
        recipients=new.recipients,
    )
    is_moved = (changed.rhythm, changed.hour) != (report.rhythm, report.hour)
    due_at = next_due(changed.rhythm, changed.hour, work.site.time_zone, work.now) if is_moved else None
    if changed.raw_question != report.raw_question:
        check_segment_is_shared(work.connection, work.site, new.raw_question, work.user_id)
    read_due_question(work.connection, work.site, changed, due_at or report.due_at)
    scheduled_reports.update_scheduled_report(work.connection, changed, due_at=due_at)
    _record_differences(work, report, changed)
    return True


def former_report(change: SiteChange, now: NewScheduledReport | None) -> NewScheduledReport | None:
    """Return the report as it was before a change; parts that the change does not contain are as in the report `now`.

    `now` is `None` if the report was removed. The result is `None` if the change contains no former part of a report,
    or if `now` is `None` and the former parts do not form a whole report.
    """
    former: FormerValues = change.former or {}
    present: FormerValues = _former_parts(now, now.recipients) if now is not None else {}
    parts: FormerValues = {**present, **former}
    if not set(former) & set(REPORT_PARTS) or not set(parts) >= set(REPORT_PARTS):
        return None
    rhythm, hour = parts["schedule"]
    question = scheduled_reports.decode_question(parts["question"])
    return NewScheduledReport(parts["title"], question, Rhythm(rhythm), hour, recipients_from(parts["recipients"]))


def _checked_title(new: NewScheduledReport) -> str:
    """Return the title of a report without surrounding spaces, and check that the report has recipients.

    Raises:
        InvalidSetting: the title is empty or too long, or there are no recipients.
    """
    title = check_saved_name(new.title, "title")
    if not new.recipients:
        raise InvalidSetting(
            key="recipients", ru="выберите хотя бы одного получателя", en="choose at least one recipient"
        )
    return title


def _without_period(raw: RawQuestion) -> RawQuestion:
    """Return a question without its period and the owner of its segment: e-mails use only segments of the site."""
    return replace(raw, period="", first="", last="", compare="", limit="", segment_of="")


def _differences(report: ScheduledReport, changed: ScheduledReport) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each part of a report, with its old and its new value as strings.

    For the recipients, the old value has only the removed addresses, and the new value only the added addresses.
    """
    yield "title", report.title, changed.title
    yield "schedule", f"{report.rhythm} {report.hour}:00", f"{changed.rhythm} {changed.hour}:00"
    yield (
        "question",
        scheduled_reports.encode_question(report.raw_question),
        scheduled_reports.encode_question(changed.raw_question),
    )
    yield "recipients", *recipients_changed(report.recipients, changed.recipients)


def _former_parts(report: ScheduledReport | NewScheduledReport, recipients: Sequence[Recipient]) -> FormerValues:
    """Return all parts of a report, with `recipients` as its recipients, in the form that the history stores."""
    return {
        "title": report.title,
        "schedule": (report.rhythm, report.hour),
        "question": scheduled_reports.encode_question(report.raw_question),
        "recipients": stored_recipients(recipients),
    }


def _record_differences(work: AccountWork, report: ScheduledReport, changed: ScheduledReport) -> None:
    parts = _former_parts(report, report.recipients)
    for part, before, after in _differences(report, changed):
        _record(work, report, (before, after), only_part(parts, part))


def _record(work: AccountWork, report: ScheduledReport, texts: tuple[str, str], former: FormerValues) -> None:
    """Record a change to a report with the old and new value to show (`texts`) and the values that an undo restores."""
    named: FormerValues = {"id": report.id, **former}
    before, after = texts
    record_change(work, report.site_id, ChangeKind.MAIL_REPORT, report.title, before=before, after=after, former=named)


def read_due_question(connection: Connection, site: Site, report: ScheduledReport, at: datetime) -> Question:
    """Return the parsed question of a scheduled report for the e-mail that is sent at `at`.

    The period of the question is the period that this e-mail covers, compared with the previous period; it asks for
    all rows. Ours: a pivot is not compared, since a cell of its table in an e-mail has no room for two figures.

    Raises:
        InvalidParameters: the question uses a name that the site no longer has.
        InvalidSetting: the question asks for all attribution models at once.
    """
    return _due_question(report, read_question_context(connection, site, at), site_day(at, site.time_zone))


def list_invalid_reports(connection: Connection, site: Site, now: datetime) -> list[InvalidReport]:
    """List the scheduled reports of a site that cannot be made now, for example because their segment was removed."""
    reports = scheduled_reports.list_scheduled_reports(connection, site.id)
    if not reports:
        return []
    context, today = read_question_context(connection, site, now), site_day(now, site.time_zone)
    found = []
    for report in reports:
        try:
            _due_question(report, context, today)
        except (InvalidParameters, InvalidSetting) as refusal:
            found.append(InvalidReport(report, refusal))
    return found


def _due_question(report: ScheduledReport, context: QuestionContext, sent_on: date) -> Question:
    """Return the parsed question for the e-mail that is sent on the day `sent_on`.

    Raises:
        InvalidParameters, InvalidSetting: see `read_due_question`.
    """
    period = period_of(report.rhythm, sent_on)
    raw = replace(
        report.raw_question,
        first=period.first_on.isoformat(),
        last=period.last_on.isoformat(),
        compare=_COMPARISONS[report.rhythm] if not report.raw_question.pivot else "",
        limit="",
    )
    question = replace(parse_question(raw, context), limit=None)
    if question.model is None:
        raise InvalidSetting(key="question", ru="выберите одну модель атрибуции", en="choose one attribution model")
    return question


def stop_report(work: Work, report_id: int) -> bool:
    """Delete a scheduled report and its unsent e-mails; return `False` if the site has no such report."""
    report = scheduled_reports.find_scheduled_report(work.connection, work.site.id, report_id)
    if report is None or not scheduled_reports.delete_scheduled_report(work.connection, work.site.id, report_id):
        return False
    delete_mails(work.connection, [MailPurpose.REPORT], [report_id])
    former = _former_parts(
        report, without_unsubscribed(work.connection, work.site.id, _mailing(report), report.recipients)
    )
    delete_unsubscriptions(work.connection, work.site.id, MailList.REPORT, report_id)
    _record(work, report, (report.title, ""), former)
    return True


def leave_report(work: Work, report_id: int, user_id: int) -> bool:
    """Remove a user from the recipients of a scheduled report, and delete the e-mails that wait to be sent to the user.

    The report is deleted if no recipients are left. The result is `False` if the site has no such report, or the user
    is not among its recipients.
    """
    report = scheduled_reports.find_scheduled_report(work.connection, work.site.id, report_id)
    if report is None or not any(each.user_id == user_id for each in report.recipients):
        return False
    delete_waiting_mails(work.connection, work.site.id, [MailPurpose.REPORT], [report_id], user_id=user_id)
    keep_recipients(work, report, tuple(each for each in report.recipients if each.user_id != user_id))
    return True


def keep_recipients(work: Work, report: ScheduledReport, kept: tuple[Recipient, ...]) -> None:
    """Remove all recipients of a report except those in `kept`; a report without recipients is deleted."""
    if not kept:
        stop_report(work, report.id)
        return
    changed = replace(report, recipients=kept)
    scheduled_reports.update_scheduled_report(work.connection, changed)
    _record_differences(work, report, changed)


@operation(ids_per_command=DUE_AT_ONCE * RECIPIENTS_MAX)
def send_due_reports(work: Work, commands: Sequence[WriteCommand[None]]) -> list[int]:
    """Store the e-mails of the reports that are due; return, for each command, how many reports got e-mails.

    The e-mails and the next due times are stored in one transaction, so no e-mail is lost or sent twice. If
    several times were missed, only the e-mail for the last of them is sent.
    """
    lock_registrations(work)
    return [_send_due(work) for _ in commands]


def _send_due(work: Work) -> int:
    sent, zone = 0, work.site.time_zone
    for report in scheduled_reports.list_due_reports(work.connection, work.site.id, work.now)[:DUE_AT_ONCE]:
        at = last_due(report.rhythm, report.hour, zone, report.due_at, work.now)
        following = next_due(report.rhythm, report.hour, zone, work.now)
        is_planned_again = report.due_at > work.now  # by a clock that has been set back since
        if scheduled_reports.update_due(work.connection, report, following) and not is_planned_again:
            send_to(work, _mailing(report), report.recipients, at)
            sent += 1
    return sent


def _mailing(report: ScheduledReport) -> Mailing:
    return Mailing(MailPurpose.REPORT, report.id, MailList.REPORT, report.id)
