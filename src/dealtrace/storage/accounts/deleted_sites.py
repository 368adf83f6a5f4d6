"""Delete sites; the highest id of a site is remembered, since ids are not assigned again."""

from sqlalchemy import Connection, delete

from dealtrace.storage.accounts.revision import raise_revision
from dealtrace.storage.accounts.sites import DELETED, next_site_id
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.lock_order import in_lock_order
from dealtrace.storage.schema.tables.alerts import alert, mail, mail_leave, mail_report
from dealtrace.storage.schema.tables.control import invitation, membership, revision, shared_link, site, token
from dealtrace.storage.schema.tables.webhooks import webhook


def delete_site(connection: Connection, site_id: int) -> None:
    """Delete a site that has no data, together with its tokens, webhooks, alerts, e-mails, memberships and links."""
    tables = (token, webhook, alert, mail, mail_leave, mail_report, membership, invitation, shared_link)
    for table in in_lock_order(tables):
        connection.execute(delete(table).where(table.c.site_id == site_id))
    connection.execute(delete(site).where(site.c.id == site_id))
    highest = max(site_id, next_site_id(connection) - 1)
    kept = insert_into(connection, revision).values(name=DELETED, number=highest)
    connection.execute(kept.on_conflict_do_update(index_elements=["name"], set_={"number": highest}))
    raise_revision(connection)
