"""Let recipients unsubscribe from a report or alert rule by the link in an e-mail, and subscribe again.

Only recipients that are not users of the server have such links.
"""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.alerts.rule import Alert
from dealtrace.mails.mail import OF_INCIDENTS, Mail, MailPurpose
from dealtrace.mails.recipient import Recipient
from dealtrace.mails.scheduled_report import ScheduledReport
from dealtrace.mails.subscription import MailList, Subscription, link_key, parse_link_key
from dealtrace.operations.work import AccountWork
from dealtrace.record import record
from dealtrace.storage.alerts.alerts import find_alert
from dealtrace.storage.alerts.incidents import find_incidents, list_incident_ids
from dealtrace.storage.mails.outbox import delete_waiting_mails
from dealtrace.storage.mails.scheduled_reports import find_scheduled_report
from dealtrace.storage.mails.unsubscriptions import (
    delete_unsubscription,
    find_signing_key,
    find_unsubscriptions,
    insert_unsubscription,
)


@record
class FoundSubscription:
    """The subscription that the link in an e-mail refers to, and the report or alert that it is for.

    `left_at` is when the address unsubscribed, or `None` if the address still gets e-mails.
    """

    subscription: Subscription
    about: ScheduledReport | Alert
    left_at: datetime | None


def find_unsubscribe_key(connection: Connection, mail: Mail) -> str:
    """Return the key of an e-mail's unsubscribe link, or an empty string if the e-mail has no such link.

    It has none if the recipient is a user, or if the alert was deleted.
    """
    if mail.recipient.user_id is not None:
        return ""
    subscription = _subscription_of(connection, mail)
    return link_key(subscription, find_signing_key(connection)) if subscription is not None else ""


def find_subscription(connection: Connection, text: str) -> FoundSubscription | None:
    """Return the subscription for the key in an unsubscribe link.

    The result is `None` if the key was not signed by this server, the report or alert was deleted, or the recipient
    for whom the link was made is no longer a recipient of the report or alert.
    """
    found = parse_link_key(text, find_signing_key(connection))
    about = _find_about(connection, found) if found is not None else None
    if found is None or about is None or not _is_among(found, _recipients_of(about)):
        return None
    left = find_unsubscriptions(connection, found.site_id, found.list, found.list_id)
    return FoundSubscription(found, about, left.get(found.folded_address))


def unsubscribe(work: AccountWork, leaving: Subscription) -> None:
    """Unsubscribe an address from a report or alert rule, and delete the e-mails that wait to be sent to it."""
    insert_unsubscription(work.connection, leaving, work.now)
    site_id, address = leaving.site_id, leaving.folded_address
    if leaving.list is MailList.REPORT:
        delete_waiting_mails(work.connection, site_id, [MailPurpose.REPORT], [leaving.list_id], address=address)
        return
    delete_waiting_mails(work.connection, site_id, [MailPurpose.ALERT_TEST], [leaving.list_id], address=address)
    incident_ids = list_incident_ids(work.connection, site_id, leaving.list_id)
    delete_waiting_mails(work.connection, site_id, OF_INCIDENTS, incident_ids, address=address)


def subscribe_again(work: AccountWork, returning: Subscription) -> None:
    """Cancel the unsubscription of an address from a report or alert rule."""
    delete_unsubscription(work.connection, returning)


def _subscription_of(connection: Connection, mail: Mail) -> Subscription | None:
    mail_list, list_id = MailList.ALERT, mail.subject_id
    if mail.purpose is MailPurpose.REPORT:
        mail_list = MailList.REPORT
    elif mail.purpose in OF_INCIDENTS:
        incident = find_incidents(connection, mail.site_id, [mail.subject_id]).get(mail.subject_id)
        if incident is None:
            return None
        list_id = incident.alert_id
    return Subscription(mail.site_id, mail_list, list_id, mail.recipient.address)


def _find_about(connection: Connection, found: Subscription) -> ScheduledReport | Alert | None:
    if found.list is MailList.REPORT:
        return find_scheduled_report(connection, found.site_id, found.list_id)
    return find_alert(connection, found.site_id, found.list_id)


def _recipients_of(about: ScheduledReport | Alert) -> tuple[Recipient, ...]:
    return about.recipients if isinstance(about, ScheduledReport) else about.rule.recipients


def _is_among(found: Subscription, recipients: tuple[Recipient, ...]) -> bool:
    return any(each.user_id is None and each.address.casefold() == found.folded_address for each in recipients)
