"""Add, change, remove and test the alert rules of a site."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.alerts.refusals import AlertNotFound
from dealtrace.alerts.rule import ALERTS_MAX, Alert, AlertId, Rule
from dealtrace.errors import InvalidSetting
from dealtrace.mails.mail import MailId, MailPurpose, NewMail
from dealtrace.mails.subscription import MailList
from dealtrace.operations.mails.send_to import Mailing, without_unsubscribed
from dealtrace.storage.alerts.alerts import count_alerts, delete_alert, find_alert, insert_alert, update_rule
from dealtrace.storage.alerts.incidents import delete_incidents
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.mails.outbox import delete_mails, insert_mails
from dealtrace.storage.mails.unsubscriptions import delete_unsubscriptions

_OF_INCIDENTS = (MailPurpose.ALERT_RAISED, MailPurpose.ALERT_ENDED)


def add_alert(connection: Connection, ids: IdBlocks, site: Site, rule: Rule, now: datetime) -> Alert:
    """Store a rule and return it as an alert; a running server evaluates it within a minute.

    Raises:
        InvalidSetting: the site has too many rules.
    """
    if count_alerts(connection, site.id) >= ALERTS_MAX:
        raise InvalidSetting(
            key="alert",
            ru=f"у сайта уже {ALERTS_MAX} оповещений, удалите ненужное",
            en=f"the site already has {ALERTS_MAX} alerts, remove one that is not needed",
        )
    added = Alert(AlertId(ids.take()), site.id, rule, created_at=now, due_at=now)
    insert_alert(connection, added)
    return added


def change_alert(connection: Connection, site: Site, alert_id: int, rule: Rule, now: datetime) -> None:
    """Replace the rule of an alert; a raised alert stays raised until the new rule has a verdict.

    Raises:
        AlertNotFound: the site has no such rule.
    """
    if not update_rule(connection, site.id, alert_id, rule, now):
        raise AlertNotFound(alert_id=alert_id, site_id=site.id)


def remove_alert(connection: Connection, site: Site, alert_id: int) -> None:
    """Delete an alert, its incidents and its unsent mails; nobody is notified that an incident ended.

    Raises:
        AlertNotFound: the site has no such rule.
    """
    if not delete_alert(connection, site.id, alert_id):
        raise AlertNotFound(alert_id=alert_id, site_id=site.id)
    delete_mails(connection, _OF_INCIDENTS, delete_incidents(connection, site.id, alert_id))
    delete_mails(connection, [MailPurpose.ALERT_TEST], [alert_id])
    delete_unsubscriptions(connection, site.id, MailList.ALERT, alert_id)


def require_alert(connection: Connection, site: Site, alert_id: int) -> Alert:
    """Return an alert of a site.

    Raises:
        AlertNotFound: the site has no such rule.
    """
    found = find_alert(connection, site.id, alert_id)
    if found is None:
        raise AlertNotFound(alert_id=alert_id, site_id=site.id)
    return found


def schedule_test_mails(connection: Connection, ids: IdBlocks, alert: Alert, now: datetime) -> Sequence[MailId]:
    """Store a test mail to each recipient of an alert, for a running server to send, and return the mails' ids."""
    mailing = Mailing(MailPurpose.ALERT_TEST, alert.id, MailList.ALERT, alert.id)
    recipients = without_unsubscribed(connection, alert.site_id, mailing, alert.rule.recipients)
    new = [(MailId(ids.take()), NewMail(mailing.purpose, alert.id, recipient)) for recipient in recipients]
    insert_mails(connection, alert.site_id, new, now, now)
    return [mail_id for mail_id, _ in new]
