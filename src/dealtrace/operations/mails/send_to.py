"""Store mails to recipients, in the same transaction as the change that they report."""

from collections.abc import Sequence
from datetime import datetime

from dealtrace.mails.mail import MailId, MailPurpose, NewMail
from dealtrace.mails.recipient import Recipient
from dealtrace.operations.work import Work
from dealtrace.storage.accounts.users import list_rights
from dealtrace.storage.mails.outbox import insert_mails


def send_to(
    work: Work, purpose: MailPurpose, subject_id: int, recipients: Sequence[Recipient], caused_at: datetime
) -> None:
    """Store a mail to each recipient, except to users who no longer have a role at the site."""
    new = [
        (MailId(work.ids.take()), NewMail(purpose, subject_id, recipient))
        for recipient in _still_allowed(work, recipients)
    ]
    insert_mails(work.connection, work.site.id, new, caused_at, work.now)


def _still_allowed(work: Work, recipients: Sequence[Recipient]) -> list[Recipient]:
    if all(recipient.user_id is None for recipient in recipients):
        return list(recipients)
    here = {person.user.id for person in list_rights(work.connection) if person.role_at(work.site.id) is not None}
    return [recipient for recipient in recipients if recipient.user_id is None or recipient.user_id in here]
