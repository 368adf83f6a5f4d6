"""Find the reports and alerts that are sent to people who are not users, with their authors, and stop these e-mails."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.accounts.user import UserId
from dealtrace.alerts.rule import Alert
from dealtrace.mails.mail import OF_INCIDENTS, MailPurpose
from dealtrace.mails.recipient import Recipient
from dealtrace.mails.scheduled_report import ScheduledReport
from dealtrace.operations.alerts.manage import change_alert, require_alert
from dealtrace.operations.mails.scheduled_reports import keep_recipients
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.accounts.change_history import list_site_changes
from dealtrace.storage.alerts.alerts import list_alerts
from dealtrace.storage.alerts.incidents import list_incident_ids
from dealtrace.storage.mails.outbox import delete_waiting_mails
from dealtrace.storage.mails.scheduled_reports import find_scheduled_report, list_scheduled_reports

CHANGES_READ = 1_000
"""Ours: how many of the latest changes to alerts and reports by e-mail are searched for the authors."""


@record
class OutsideMailing:
    """A report or an alert with recipients that are not users, and the users who set it up or added recipients."""

    about: ScheduledReport | Alert
    addresses: Sequence[str]
    author_ids: Sequence[UserId]


def list_outside_mailings(connection: Connection, site_id: int) -> list[OutsideMailing]:
    """List the reports, then the alerts, of a site that are sent to people who are not users."""
    found: list[tuple[ScheduledReport | Alert, Sequence[str]]] = [
        *((report, _outside(report.recipients)) for report in list_scheduled_reports(connection, site_id)),
        *((alert, _outside(alert.rule.recipients)) for alert in list_alerts(connection, site_id)),
    ]
    if not any(addresses for _, addresses in found):
        return []
    kinds = [ChangeKind.ALERT, ChangeKind.MAIL_REPORT]
    authors: dict[tuple[ChangeKind, int], dict[UserId, None]] = {}
    for change in list_site_changes(connection, site_id, most=CHANGES_READ, kinds=kinds):
        if change.user_id is not None and change.former is not None and _adds_recipients(change):
            authors.setdefault((change.kind, change.former["id"]), {})[UserId(change.user_id)] = None
    return [
        OutsideMailing(about, addresses, list(authors.get((_kind_of(about), about.id), ())))
        for about, addresses in found
        if addresses
    ]


def stop_outside_addresses(work: Work, about: ScheduledReport | Alert) -> None:
    """Remove the recipients of a report or an alert that are not users, with the e-mails that wait to be sent to them.

    A report without any other recipients is deleted; it can be restored from the history of the site.

    Raises:
        AlertNotFound: the site has no such alert any more.
    """
    if isinstance(about, ScheduledReport):
        report = find_scheduled_report(work.connection, work.site.id, about.id)
        if report is not None and (addresses := _outside(report.recipients)):
            _delete_waiting(work, [MailPurpose.REPORT], [report.id], addresses)
            keep_recipients(work, report, _users(report.recipients))
        return
    rule = require_alert(work.connection, work.site, about.id).rule
    gone, incident_ids = _outside(rule.recipients), list_incident_ids(work.connection, work.site.id, about.id)
    _delete_waiting(work, [MailPurpose.ALERT_TEST], [about.id], gone)
    _delete_waiting(work, OF_INCIDENTS, incident_ids, gone)
    change_alert(work, about.id, replace(rule, recipients=_users(rule.recipients)))


def _adds_recipients(change: SiteChange) -> bool:
    """Return whether a change creates a report or an alert, or adds recipients."""
    return bool(change.after) and set(change.former or {}) in ({"id"}, {"id", "recipients"})


def _kind_of(about: ScheduledReport | Alert) -> ChangeKind:
    return ChangeKind.ALERT if isinstance(about, Alert) else ChangeKind.MAIL_REPORT


def _outside(recipients: Iterable[Recipient]) -> list[str]:
    return [each.address for each in recipients if each.user_id is None]


def _users(recipients: Iterable[Recipient]) -> tuple[Recipient, ...]:
    return tuple(each for each in recipients if each.user_id is not None)


def _delete_waiting(work: Work, purposes: Sequence[MailPurpose], ids: Sequence[int], addresses: Iterable[str]) -> None:
    for address in addresses:
        delete_waiting_mails(work.connection, work.site.id, purposes, ids, address=address.casefold())
