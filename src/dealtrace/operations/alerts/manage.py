"""Add, change, remove and test the alert rules of a site."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind, FormerValues, only_part
from dealtrace.alerts.refusals import AlertNotFound
from dealtrace.alerts.rule import ALERTS_MAX, Alert, AlertId, Rule, format_rule
from dealtrace.errors import InvalidSetting
from dealtrace.mails.mail import OF_INCIDENTS, MailId, MailPurpose, NewMail
from dealtrace.mails.recipient import RECIPIENTS_MAX, recipients_changed
from dealtrace.mails.subscription import MailList
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.alerts.former_rules import FILTERS, RECIPIENTS, WATCHES, former_parts
from dealtrace.operations.mails.send_to_recipients import Mailing, without_unsubscribed
from dealtrace.operations.work import AccountWork, Work, takes_ids
from dealtrace.storage.alerts.alerts import (
    clear_incident,
    count_alerts,
    delete_alert,
    find_alert,
    insert_alert,
    update_rule,
)
from dealtrace.storage.alerts.incidents import delete_incidents, end_incidents
from dealtrace.storage.mails.outbox import delete_mails, insert_mails
from dealtrace.storage.mails.unsubscriptions import delete_unsubscriptions


@takes_ids(1)
def add_alert(work: Work, rule: Rule, *, restored_id: int | None = None) -> Alert:
    """Store a rule and return it as an alert; a running server evaluates it within a minute.

    A removed alert that is restored gets its earlier id, `restored_id`, again, so that links in earlier e-mails work
    and it cannot be restored twice.

    Raises:
        AlertNotFound: an alert with the id `restored_id` exists already.
        InvalidSetting: the site has too many alerts.
    """
    if restored_id is not None and find_alert(work.connection, work.site.id, restored_id) is not None:
        raise AlertNotFound(alert_id=restored_id, site_id=work.site.id)
    if count_alerts(work.connection, work.site.id) >= ALERTS_MAX:
        raise InvalidSetting(
            key="alert",
            ru=f"у сайта уже {ALERTS_MAX} оповещений, удалите ненужное",
            en=f"the site already has {ALERTS_MAX} alerts; remove one first",
        )
    alert_id = AlertId(restored_id if restored_id is not None else work.ids.take())
    added = Alert(alert_id, work.site.id, rule, created_at=work.now, due_at=work.now)
    insert_alert(work.connection, added)
    former: FormerValues = {"id": alert_id}
    record_change(work, work.site.id, ChangeKind.ALERT, rule.metric, after=format_rule(rule), former=former)
    return added


def change_alert(work: Work, alert_id: int, rule: Rule) -> None:
    """Replace the rule of an alert; a raised alert stays raised until the new rule has a verdict.

    Ours: if the new rule watches another figure (metric, window or filters), a raised alert ends at once, and nobody is
    notified: the figure that raised it is no longer watched.

    Raises:
        AlertNotFound: the site has no such alert.
    """
    before = require_alert(work.connection, work.site, alert_id).rule
    update_rule(work.connection, work.site.id, alert_id, rule, work.now)
    if not rule.watches_as(before):
        clear_incident(work.connection, work.site.id, alert_id)
        end_incidents(work.connection, work.site.id, alert_id, work.now)
    former: FormerValues = {"id": alert_id, **former_parts(before, before.recipients)}
    for part, was, became in _differences(before, rule):
        changed = only_part(former, part)
        record_change(work, work.site.id, ChangeKind.ALERT, before.metric, before=was, after=became, former=changed)


def remove_alert(work: Work, alert_id: int) -> None:
    """Delete an alert, its incidents and its unsent e-mails; nobody is notified that an incident ended.

    Raises:
        AlertNotFound: the site has no such alert.
    """
    rule = require_alert(work.connection, work.site, alert_id).rule
    delete_alert(work.connection, work.site.id, alert_id)
    mailing = Mailing(MailPurpose.ALERT_RAISED, alert_id, MailList.ALERT, alert_id)
    recipients = without_unsubscribed(work.connection, work.site.id, mailing, rule.recipients)
    former: FormerValues = {"id": alert_id, **former_parts(rule, recipients)}
    record_change(work, work.site.id, ChangeKind.ALERT, rule.metric, before=format_rule(rule), former=former)
    delete_mails(work.connection, OF_INCIDENTS, delete_incidents(work.connection, work.site.id, alert_id))
    delete_mails(work.connection, [MailPurpose.ALERT_TEST], [alert_id])
    delete_unsubscriptions(work.connection, work.site.id, MailList.ALERT, alert_id)


def _differences(before: Rule, after: Rule) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each part of a rule, with its old and its new value as strings.

    For the recipients, the old value has only the removed addresses, and the new value only the added addresses.
    """
    yield WATCHES, format_rule(before), format_rule(after)
    yield FILTERS, ", ".join(before.filters), ", ".join(after.filters)
    yield RECIPIENTS, *recipients_changed(before.recipients, after.recipients)


def require_alert(connection: Connection, site: Site, alert_id: int) -> Alert:
    """Return the site's alert that has this id.

    Raises:
        AlertNotFound: the site has no such alert.
    """
    found = find_alert(connection, site.id, alert_id)
    if found is None:
        raise AlertNotFound(alert_id=alert_id, site_id=site.id)
    return found


@takes_ids(RECIPIENTS_MAX)
def schedule_test_mails(work: AccountWork, alert: Alert) -> Sequence[MailId]:
    """Store a test e-mail to each recipient of an alert, for a running server to send; return the ids of the e-mails.

    Addresses that have unsubscribed from the alert get no e-mail.
    """
    mailing = Mailing(MailPurpose.ALERT_TEST, alert.id, MailList.ALERT, alert.id)
    recipients = without_unsubscribed(work.connection, alert.site_id, mailing, alert.rule.recipients)
    new = [(MailId(work.ids.take()), NewMail(mailing.purpose, alert.id, recipient)) for recipient in recipients]
    insert_mails(work.connection, alert.site_id, new, work.now, work.now)
    return [mail_id for mail_id, _ in new]
