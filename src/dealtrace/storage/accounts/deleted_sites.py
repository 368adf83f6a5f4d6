"""Delete sites, and remember their ids for a while, since data for deleted sites may still arrive."""

from datetime import UTC, datetime

from sqlalchemy import Connection, delete, select

from dealtrace.storage.accounts.revision import raise_revision
from dealtrace.storage.accounts.sites import DELETED, next_site_id
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.lock_order import in_lock_order
from dealtrace.storage.schema.tables.alerts import alert, mail, mail_leave, mail_report
from dealtrace.storage.schema.tables.control import (
    installation,
    invitation,
    membership,
    revision,
    shared_link,
    site,
    token,
)
from dealtrace.storage.schema.tables.webhooks import webhook

_PREFIX = "deleted_site:"


def delete_site(connection: Connection, site_id: int, now: datetime) -> None:
    """Delete a site that has no data, together with its tokens, webhooks, alerts, e-mails, memberships and links."""
    tables = (token, webhook, alert, mail, mail_leave, mail_report, membership, invitation, shared_link)
    for table in in_lock_order(tables):
        connection.execute(delete(table).where(table.c.site_id == site_id))
    connection.execute(delete(site).where(site.c.id == site_id))
    highest = max(site_id, next_site_id(connection) - 1)
    kept = insert_into(connection, revision).values(name=DELETED, number=highest)
    connection.execute(kept.on_conflict_do_update(index_elements=["name"], set_={"number": highest}))
    recorded = insert_into(connection, installation).values(
        name=f"{_PREFIX}{site_id}", value=now.astimezone(UTC).isoformat()
    )
    connection.execute(recorded.on_conflict_do_update(index_elements=["name"], set_={"value": recorded.excluded.value}))
    raise_revision(connection)


def find_deleted_sites(connection: Connection) -> dict[int, datetime]:
    """Find when sites were deleted, by site id; sites whose deletion has been forgotten are left out."""
    recorded = installation.c.name.startswith(_PREFIX, autoescape=True)
    rows = connection.execute(select(installation.c.name, installation.c.value).where(recorded))
    return {int(name.removeprefix(_PREFIX)): datetime.fromisoformat(value) for name, value in rows}


def forget_deleted_site(connection: Connection, site_id: int) -> None:
    """Delete the record that a site was deleted; the site's id is still never assigned again."""
    connection.execute(delete(installation).where(installation.c.name == f"{_PREFIX}{site_id}"))
