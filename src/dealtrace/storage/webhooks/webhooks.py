"""Webhooks, the state of their deliveries, and leases: only the process with the lease sends a webhook's deliveries."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, or_, select, update

from dealtrace.accounts.clock_set_back import CLOCKS_APART_MAX
from dealtrace.accounts.webhook import BodyStyle, EventKind, Listener, Webhook, WebhookId
from dealtrace.storage.database.compiled_statement import CompiledStatement, NamedRow, ValuesByName
from dealtrace.storage.schema.tables.webhooks import webhook

_LIST = select(webhook).order_by(webhook.c.site_id, webhook.c.created_at, webhook.c.id)
_LIST_ALL = CompiledStatement(_LIST)
_LIST_OF_SITE = CompiledStatement(_LIST.where(webhook.c.site_id == bindparam("site_id")))


def insert_webhook(connection: Connection, new: Webhook) -> None:
    """Store a new webhook."""
    connection.execute(
        insert(webhook).values(
            id=new.id,
            site_id=new.site_id,
            url=new.url,
            events=sorted(new.events),
            fields=new.fields,
            style=new.style,
            secret=new.secret,
            created_at=new.created_at,
            paused_at=new.paused_at,
            pause_reason=new.pause_reason,
            failures=new.failures,
        )
    )


def list_webhooks(connection: Connection, site_id: int | None = None) -> list[Webhook]:
    """List the webhooks of a site, oldest first; without `site_id`, the webhooks of all sites, ordered by site."""
    if site_id is None:
        rows = _LIST_ALL.fetch_named(connection, {})
    else:
        rows = _LIST_OF_SITE.fetch_named(connection, {"site_id": site_id})
    return [_webhook_from_row(row) for row in rows]


def find_webhook(connection: Connection, webhook_id: int) -> Webhook | None:
    """Find a webhook by its id, or return `None` if there is none."""
    row = connection.execute(select(webhook).where(webhook.c.id == webhook_id)).one_or_none()
    return _webhook_from_row(row) if row is not None else None


def list_listeners(connection: Connection, site_id: int) -> tuple[Listener, ...]:
    """List the webhooks of a site in the order of their ids, each with the events that it subscribes to."""
    query = select(webhook.c.id, webhook.c.events).where(webhook.c.site_id == site_id).order_by(webhook.c.id)
    return tuple(
        Listener(WebhookId(row.id), frozenset(map(EventKind, row.events))) for row in connection.execute(query)
    )


def update_webhook(connection: Connection, webhook_id: int, values: ValuesByName) -> None:
    """Write `values`, by column name, to a webhook."""
    connection.execute(update(webhook).where(webhook.c.id == webhook_id).values(**values))


def delete_webhook(connection: Connection, webhook_id: int) -> None:
    """Delete a webhook."""
    connection.execute(delete(webhook).where(webhook.c.id == webhook_id))


def lease_webhook(connection: Connection, webhook_id: int, holder: str, until: datetime, now: datetime) -> bool:
    """Lease a webhook to `holder` until `until` and return `True`; return `False` if another holder has a valid lease.

    A lease is not valid if it has ended. Nor is it valid if it ends more than `CLOCKS_APART_MAX` after `until`: then
    the clock must have been set back since the lease began. A lease that ends a little after `until` is valid: the
    clock of its server may be ahead, or this transaction had to wait.
    """
    ends = webhook.c.leased_until
    is_free = or_(ends.is_(None), ends < now, ends > until + CLOCKS_APART_MAX, webhook.c.lease_holder == holder)
    return _change(connection, webhook_id, is_free, {"lease_holder": holder, "leased_until": until})


def update_held_webhook(connection: Connection, webhook_id: int, holder: str, values: ValuesByName) -> bool:
    """Write `values`, by column name, to a webhook if `holder` has its lease; return whether `holder` has the lease."""
    return _change(connection, webhook_id, webhook.c.lease_holder == holder, values)


def _change(connection: Connection, webhook_id: int, condition: ColumnElement[bool], values: ValuesByName) -> bool:
    changed = update(webhook).where(webhook.c.id == webhook_id, condition).values(**values)
    return connection.execute(changed).rowcount > 0


def _webhook_from_row(row: NamedRow) -> Webhook:
    return Webhook(
        id=WebhookId(row.id),
        site_id=row.site_id,
        url=row.url,
        events=frozenset(map(EventKind, row.events)),
        style=BodyStyle(row.style),
        secret=row.secret,
        created_at=row.created_at,
        fields=tuple(row.fields),
        paused_at=row.paused_at,
        pause_reason=row.pause_reason,
        failing_since=row.failing_since,
        failures=row.failures,
        last_fault=row.last_fault,
        next_attempt_at=row.next_attempt_at,
        delivered_at=row.delivered_at,
        test_asked_at=row.test_asked_at,
        test_outcome=row.test_outcome,
    )
