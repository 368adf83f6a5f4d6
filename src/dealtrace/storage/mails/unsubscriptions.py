"""Addresses that unsubscribed from a report or an alert, and the key that signs links to unsubscribe."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select

from dealtrace.mails.subscription import MailList, Subscription
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.alerts import mail_leave
from dealtrace.storage.schema.tables.control import database_key

_KEY = "unsubscribe"


def find_signing_key(connection: Connection) -> bytes:
    """Return the key that signs links to unsubscribe."""
    stored = connection.execute(select(database_key.c.key).where(database_key.c.name == _KEY))
    return bytes.fromhex(stored.scalar_one())


def insert_unsubscription(connection: Connection, left: Subscription, now: datetime) -> None:
    """Store that an address unsubscribed at `now`, unless an earlier time is stored already."""
    values = {"site_id": left.site_id, "list": left.list.value, "list_id": left.list_id, "left_at": now}
    statement = insert_into(connection, mail_leave).values(address=left.folded_address, **values)
    connection.execute(statement.on_conflict_do_nothing(index_elements=["site_id", "list", "list_id", "address"]))


def delete_unsubscription(connection: Connection, left: Subscription) -> None:
    """Delete the record that an address unsubscribed, so that it gets e-mails again."""
    of_list = _of_list(left.site_id, left.list, left.list_id)
    connection.execute(delete(mail_leave).where(*of_list, mail_leave.c.address == left.folded_address))


def find_unsubscriptions(
    connection: Connection, site_id: int, mail_list: MailList, list_id: int
) -> dict[str, datetime]:
    """Find when addresses unsubscribed from a report or an alert, by casefolded address, in alphabetical order."""
    of_list = select(mail_leave).where(*_of_list(site_id, mail_list, list_id)).order_by(mail_leave.c.address)
    return {row.address: row.left_at for row in connection.execute(of_list)}


def find_unsubscriptions_of_site(
    connection: Connection, site_id: int, mail_list: MailList
) -> dict[int, dict[str, datetime]]:
    """Return the result of `find_unsubscriptions` for all reports or all alerts of a site, by report id or alert id."""
    of_site = (mail_leave.c.site_id == site_id, mail_leave.c.list == mail_list.value)
    found: dict[int, dict[str, datetime]] = {}
    for row in connection.execute(select(mail_leave).where(*of_site).order_by(mail_leave.c.address)):
        found.setdefault(row.list_id, {})[row.address] = row.left_at
    return found


def delete_unsubscriptions(connection: Connection, site_id: int, mail_list: MailList, list_id: int) -> None:
    """Delete all unsubscriptions from a report or an alert that is itself being deleted."""
    connection.execute(delete(mail_leave).where(*_of_list(site_id, mail_list, list_id)))


def _of_list(site_id: int, mail_list: MailList, list_id: int) -> tuple[ColumnElement[bool], ...]:
    columns = mail_leave.c
    return columns.site_id == site_id, columns.list == mail_list.value, columns.list_id == list_id
