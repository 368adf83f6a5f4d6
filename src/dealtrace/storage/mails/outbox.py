"""E-mails that wait to be sent, and e-mails sent in the last weeks."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from dealtrace.mails.mail import LONGEST_PAUSE, Mail, MailId, MailPurpose, NewMail
from dealtrace.mails.recipient import Recipient
from dealtrace.storage.database.column_types import is_in
from dealtrace.storage.database.compiled_statement import NamedRow, ValuesByName
from dealtrace.storage.database.due import is_due
from dealtrace.storage.database.many_rows import execute_many
from dealtrace.storage.schema.tables.alerts import mail


def insert_mails(
    connection: Connection, site_id: int, mails: Sequence[tuple[MailId, NewMail]], caused_at: datetime, now: datetime
) -> None:
    """Store new e-mails, which are due at once."""
    rows = [
        {
            "id": mail_id,
            "site_id": site_id,
            "purpose": new.purpose,
            "subject_id": new.subject_id,
            "address": new.recipient.address,
            "language": new.recipient.language,
            "user_id": new.recipient.user_id,
            "caused_at": caused_at,
            "due_at": now,
            "attempts": 0,
        }
        for mail_id, new in mails
    ]
    execute_many(connection, insert(mail), rows)


def list_sites_with_due_mails(connection: Connection, now: datetime) -> list[int]:
    """List the ids of the sites that have e-mails due to be sent."""
    return list(connection.execute(select(mail.c.site_id).where(_is_due(now)).distinct()).scalars())


def _is_due(now: datetime) -> ColumnElement[bool]:
    return is_due(mail.c.due_at, now, LONGEST_PAUSE)


def count_waiting_mails(connection: Connection) -> int:
    """Count the e-mails of all sites that wait to be sent; e-mails that were abandoned are not counted."""
    return int(connection.execute(select(func.count()).where(mail.c.due_at.is_not(None))).scalar_one())


def claim_mail(connection: Connection, site_id: int, until: datetime, now: datetime) -> Mail | None:
    """Find the site's due e-mail that has waited longest, reserve it for this process until `until`, and return it.

    `None` means that no e-mail is due, or that another process has just claimed that e-mail.
    """
    due = select(mail.c.id).where(mail.c.site_id == site_id, _is_due(now)).order_by(mail.c.due_at, mail.c.id)
    found = connection.execute(due.limit(1)).scalar_one_or_none()
    if found is None:
        return None
    claimed = update(mail).where(mail.c.id == found, _is_due(now)).values(due_at=until).returning(*mail.c)
    row = connection.execute(claimed).one_or_none()
    return _mail_from_row(row) if row is not None else None


def update_claimed_mail(connection: Connection, claimed: Mail, values: ValuesByName) -> bool:
    """Write `values`, by column name, to an e-mail if the claim `claimed` is still valid; return whether it is."""
    mine = (mail.c.id == claimed.id, mail.c.due_at == claimed.due_at)
    return connection.execute(update(mail).where(*mine).values(**values)).rowcount > 0


def list_mails(connection: Connection, site_id: int, since: datetime) -> list[Mail]:
    """List the e-mails of a site that are about events at or after the time `since`, newest event first."""
    recent = select(mail).where(mail.c.site_id == site_id, mail.c.caused_at >= since)
    return [_mail_from_row(row) for row in connection.execute(recent.order_by(mail.c.caused_at.desc(), mail.c.id))]


def find_mail(connection: Connection, mail_id: int) -> Mail | None:
    """Find an e-mail by its id, or return `None` if there is none."""
    row = connection.execute(select(mail).where(mail.c.id == mail_id)).one_or_none()
    return _mail_from_row(row) if row is not None else None


def delete_mails(connection: Connection, purposes: Sequence[MailPurpose], subject_ids: Sequence[int]) -> None:
    """Delete the e-mails, sent or not, that have one of `purposes` and one of `subject_ids`."""
    if subject_ids:
        about = (mail.c.purpose.in_(list(purposes)), is_in(mail.c.subject_id, subject_ids))
        connection.execute(delete(mail).where(*about))


def delete_waiting_mails(
    connection: Connection,
    site_id: int,
    purposes: Sequence[MailPurpose],
    subject_ids: Sequence[int],
    *,
    address: str = "",
    user_id: int | None = None,
) -> None:
    """Delete the e-mails about `subject_ids` that wait to be sent to the user `user_id`.

    Without `user_id`, delete the e-mails to the casefolded `address` of somebody who is not a user.
    """
    about = (mail.c.site_id == site_id, mail.c.purpose.in_(list(purposes)), is_in(mail.c.subject_id, subject_ids))
    to_address = and_(mail.c.user_id.is_(None), func.lower(mail.c.address) == address)
    to = mail.c.user_id == user_id if user_id is not None else to_address
    connection.execute(delete(mail).where(*about, mail.c.due_at.is_not(None), to))


def delete_old_mails(connection: Connection, site_id: int, before: datetime) -> int:
    """Delete the e-mails about those events of a site that happened before a time; return how many were deleted."""
    old = (mail.c.site_id == site_id, mail.c.caused_at < before)
    return connection.execute(delete(mail).where(*old)).rowcount


def _mail_from_row(row: NamedRow) -> Mail:
    return Mail(
        id=MailId(row.id),
        site_id=row.site_id,
        purpose=MailPurpose(row.purpose),
        subject_id=row.subject_id,
        recipient=Recipient(row.address, row.language, row.user_id),
        caused_at=row.caused_at,
        due_at=row.due_at,
        attempts=row.attempts,
        fault=row.fault,
    )
