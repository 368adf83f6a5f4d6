"""Store e-mails to recipients, in the same transaction as the change that they report."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.rights import may_see_contacts
from dealtrace.mails.mail import Mail, MailId, MailPurpose, NewMail
from dealtrace.mails.recipient import Recipient
from dealtrace.mails.subscription import MailList
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.accounts.users import find_rights, list_rights
from dealtrace.storage.mails.outbox import insert_mails
from dealtrace.storage.mails.unsubscriptions import find_unsubscriptions


@record
class Mailing:
    """The purpose of e-mails, the id of the incident, alert or report in them, and the report or rule that causes them.

    Recipients subscribe to the report or alert rule, which `list` and `list_id` identify.
    """

    purpose: MailPurpose
    subject_id: int
    list: MailList
    list_id: int


def send_to(work: Work, mailing: Mailing, recipients: Sequence[Recipient], caused_at: datetime) -> None:
    """Store an e-mail to each recipient; users without a role on the site and unsubscribed addresses get none.

    `caused_at` is when the reported event happened or the report was due, in UTC.
    """
    allowed = _still_allowed(work, without_unsubscribed(work.connection, work.site.id, mailing, recipients))
    new = [(MailId(work.ids.take()), NewMail(mailing.purpose, mailing.subject_id, recipient)) for recipient in allowed]
    insert_mails(work.connection, work.site.id, new, caused_at, work.now)


def without_unsubscribed(
    connection: Connection, site_id: int, mailing: Mailing, recipients: Sequence[Recipient]
) -> list[Recipient]:
    """Return the recipients without the addresses that have unsubscribed; recipients that are users are kept."""
    left = find_unsubscriptions(connection, site_id, mailing.list, mailing.list_id)
    return [each for each in recipients if each.user_id is not None or each.address.casefold() not in left]


def may_receive(connection: Connection, mail: Mail) -> bool:
    """Return whether a waiting e-mail may be sent: a user may have lost their role on the site in the meantime."""
    user_id = mail.recipient.user_id
    if user_id is None:
        return True
    person = find_rights(connection, user_id)
    return person is not None and person.role_at(mail.site_id) is not None


def recipient_sees_contacts(connection: Connection, mail: Mail) -> bool:
    """Return whether the recipient of an e-mail may see contacts; see `may_see_contacts`."""
    user_id = mail.recipient.user_id
    return may_see_contacts(find_rights(connection, user_id) if user_id is not None else None, mail.site_id)


def _still_allowed(work: Work, recipients: Sequence[Recipient]) -> list[Recipient]:
    if all(recipient.user_id is None for recipient in recipients):
        return list(recipients)
    here = {person.user.id for person in list_rights(work.connection) if person.role_at(work.site.id) is not None}
    return [recipient for recipient in recipients if recipient.user_id is None or recipient.user_id in here]
