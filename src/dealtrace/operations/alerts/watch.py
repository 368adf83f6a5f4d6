"""Claim alerts that are due, and store their results together with the notifications they cause."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dealtrace.accounts.webhook import EventKind
from dealtrace.alerts.incident import Incident, IncidentId
from dealtrace.alerts.judgement import AlertVerdict
from dealtrace.alerts.rule import Alert
from dealtrace.mails.mail import MailPurpose
from dealtrace.mails.recipient import RECIPIENTS_MAX
from dealtrace.mails.subscription import MailList
from dealtrace.operations.mails.send_to_recipients import Mailing, send_to
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.webhooks.publish import publish_events
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.reports.metrics import Unit
from dealtrace.storage.alerts import alerts
from dealtrace.storage.alerts.incidents import end_incident, insert_incident
from dealtrace.webhooks.event import AlertEvent

LEASE = timedelta(minutes=10)
"""How long a process reserves the alert that it claims; after that time, another process can claim the alert.

An evaluation takes less time: it reads nine windows of time, and an SQL statement takes half a minute at most.
"""
EVALUATED_WITHIN = LEASE / 2
"""How much of the lease must be left when an evaluation begins; an evaluation takes less."""


@record
class AlertEvaluation:
    """The verdict of a rule on one window of time: the window, and the observed and the usual value as strings."""

    verdict: AlertVerdict
    since: datetime
    until: datetime
    unit: Unit
    value: str | None
    usual: str | None


@record
class AlertReport:
    """The result of checking an alert that this process had claimed, and when the alert is due next.

    `evaluation` is `None` if the rule was not evaluated. `fault` then says why the rule is invalid; it is `None` too if
    the check failed for another reason and is to be tried again. `sends_mail` is whether a mail server is set up.
    """

    alert: Alert
    next_due_at: datetime
    evaluation: AlertEvaluation | None = None
    fault: str | None = None
    sends_mail: bool = False


@operation(ids_per_command=0)
def claim_alert(work: Work, commands: Sequence[WriteCommand[None]]) -> list[Alert | None]:
    """For each command, claim the site's alert that has been due longest, and return it, or `None` if no alert is due.

    Until the lease ends, no other process can claim the alert. Alerts are claimed one by one, so that the lease of an
    alert does not run while other alerts are evaluated.
    """
    lock_registrations(work)
    return [alerts.claim_alert(work.connection, work.site.id, work.now + LEASE, work.now) for _ in commands]


def has_time_to_evaluate(alert: Alert, now: datetime) -> bool:
    """Return whether a claimed alert can be evaluated before its lease ends, after which another process may do so."""
    return alert.due_at - now >= EVALUATED_WITHIN


@operation(ids_per_command=1 + RECIPIENTS_MAX)
def acknowledge_alerts(work: Work, commands: Sequence[WriteCommand[AlertReport]]) -> list[EventKind | None]:
    """Store the results of claimed alerts; each outcome is the event sent to webhooks, or `None` if nothing changed.

    State, incident, webhook events and e-mails are stored in one transaction, and only if the process still has its
    claim. So each event is sent once, even if a process dies or restarts.
    """
    lock_registrations(work)
    return [_acknowledge(work, command.payload) for command in commands]


def _acknowledge(work: Work, report: AlertReport) -> EventKind | None:
    alert, evaluation = report.alert, report.evaluation
    begins = evaluation is not None and evaluation.verdict is AlertVerdict.RAISED and alert.incident_id is None
    ends = evaluation is not None and evaluation.verdict is AlertVerdict.QUIET and alert.incident_id is not None
    incident_id = work.ids.take() if begins else None if ends else alert.incident_id
    values = {"due_at": report.next_due_at, "incident_id": incident_id, "fault": report.fault}
    if not alerts.update_claimed_alert(work.connection, alert, values):
        return None
    if begins and evaluation is not None and incident_id is not None:
        insert_incident(work.connection, work.site.id, _incident(alert, evaluation, incident_id, work.now))
        return _send(work, report, EventKind.ALERT_RAISED, incident_id)
    if ends and evaluation is not None and alert.incident_id is not None:
        end_incident(work.connection, work.site.id, alert.incident_id, work.now, evaluation.value)
        return _send(work, report, EventKind.ALERT_ENDED, alert.incident_id)
    return None


def _incident(alert: Alert, evaluation: AlertEvaluation, incident_id: int, now: datetime) -> Incident:
    return Incident(
        id=IncidentId(incident_id),
        alert_id=alert.id,
        since=evaluation.since,
        until=evaluation.until,
        unit=evaluation.unit,
        value=evaluation.value,
        usual=evaluation.usual,
        raised_at=now,
    )


def _send(work: Work, report: AlertReport, kind: EventKind, incident_id: int) -> EventKind:
    publish_events(work, [AlertEvent(kind, incident_id)])
    if report.sends_mail:
        mailing = Mailing(MailPurpose(kind.value), incident_id, MailList.ALERT, report.alert.id)
        send_to(work, mailing, report.alert.rule.recipients, work.now)
    return kind
