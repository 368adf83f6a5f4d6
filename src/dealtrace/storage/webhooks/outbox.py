"""The outbox: deliveries that wait to be sent, in the order of the events, and recent acknowledged deliveries.

A delivery is acknowledged if it was sent or will never be sent; `settled_at` says when.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, union_all, update

from dealtrace.accounts.webhook import EventKind, Webhook, WebhookId
from dealtrace.deals.deal import DealId
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.storage.database.column_types import is_among
from dealtrace.storage.database.compiled_statement import CompiledStatement, NamedRow, ValuesByName
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.webhooks import webhook_outbox, webhook_position
from dealtrace.webhooks.delivery import Delivery, LoggedDelivery, OutboxPosition, UnsentReason
from dealtrace.webhooks.event import AlertEvent, DealEvent, Event, LeadEvent, LeadPart
from dealtrace.webhooks.retry import is_attempt_due

DEAL = "deal"
ALERT = "alert"
_ONE_MORE_ATTEMPT = func.coalesce(webhook_outbox.c.attempts, 0) + 1
_OF_ATTEMPTS = ("attempts", "last_fault", "unsent_reason")
"""The columns that are null until a delivery is attempted or skipped."""
_INSERT_DELIVERY = CompiledStatement(
    insert(webhook_outbox), columns=tuple(column.name for column in webhook_outbox.c if column.name not in _OF_ATTEMPTS)
)


def insert_deliveries(
    connection: Connection, site_id: int, events: Sequence[tuple[WebhookId, Event]], now: datetime
) -> None:
    """Store deliveries in the given order, after all earlier deliveries of the site.

    Positions are assigned under a lock, so that they follow the order of commits across all processes.
    """
    if not events:
        return
    first = _take_positions(connection, site_id, len(events))
    _INSERT_DELIVERY.run_many(
        connection,
        [
            {
                "site_id": site_id,
                "webhook_id": webhook_id,
                "position": position,
                "event": event.kind,
                "recorded_at": now,
                "settled_at": None,
                **_columns(event),
            }
            for position, (webhook_id, event) in enumerate(events, first)
        ],
    )


def _take_positions(connection: Connection, site_id: int, count: int) -> int:
    """Reserve `count` positions in the outbox of a site, and return the first of them.

    Other transactions that reserve positions for the site wait until this transaction ends.
    """
    start = insert_into(connection, webhook_position).values(site_id=site_id, last=count)
    counted = start.on_conflict_do_update(
        index_elements=["site_id"], set_={"last": webhook_position.c.last + start.excluded.last}
    )
    last = connection.execute(counted.returning(webhook_position.c.last)).scalar_one()
    return int(last) - count + 1


def _columns(event: Event) -> ValuesByName:
    if isinstance(event, DealEvent):
        return {"subject": DEAL, "subject_id": event.deal_id, "version": event.version, "changed": []}
    if isinstance(event, AlertEvent):
        return {"subject": ALERT, "subject_id": event.incident_id, "version": None, "changed": []}
    return {"subject": event.lead.kind, "subject_id": event.lead.id, "version": None, "changed": event.changed}


def list_waiting_deliveries(connection: Connection, site_id: int, webhook_id: int, limit: int) -> list[Delivery]:
    """List at most `limit` waiting deliveries of a webhook, oldest first."""
    waiting = select(webhook_outbox).where(*_waiting(site_id, webhook_id))
    rows = connection.execute(waiting.order_by(webhook_outbox.c.position).limit(limit))
    return [_delivery_from_row(row) for row in rows]


def list_latest_deliveries(connection: Connection, site_id: int, webhook_id: int, limit: int) -> list[LoggedDelivery]:
    """List up to `limit` deliveries of a webhook with their outcomes, newest first."""
    query = select(webhook_outbox).where(*_of_webhook(site_id, webhook_id)).order_by(webhook_outbox.c.position.desc())
    return [
        LoggedDelivery(
            _delivery_from_row(row),
            row.settled_at,
            UnsentReason(row.unsent_reason) if row.unsent_reason is not None else None,
            row.attempts,
            row.last_fault,
        )
        for row in connection.execute(query.limit(limit))
    ]


def find_waiting_webhooks(connection: Connection, site_id: int, webhook_ids: Sequence[int]) -> set[int]:
    """Find the webhooks of a site, among `webhook_ids`, that have a waiting delivery.

    The query reads at most one delivery of each webhook, however many wait.
    """
    first = [
        select(webhook_outbox.c.webhook_id).where(*_waiting(site_id, webhook_id)).limit(1).subquery().select()
        for webhook_id in webhook_ids
    ]
    return set(connection.execute(union_all(*first)).scalars()) if first else set()


def needs_attempt(connection: Connection, webhook: Webhook, now: datetime) -> bool:
    """Return whether a webhook has something to send now: a requested test, or a due delivery."""
    return webhook.is_test_awaited or (
        is_attempt_due(webhook, now) and bool(find_waiting_webhooks(connection, webhook.site_id, [webhook.id]))
    )


def count_waiting_deliveries(connection: Connection, site_id: int, webhook_id: int) -> int:
    """Count the waiting deliveries of a webhook."""
    waiting = _waiting(site_id, webhook_id)
    return int(connection.execute(select(func.count()).select_from(webhook_outbox).where(*waiting)).scalar_one())


def is_delivery_known(connection: Connection, site_id: int, webhook_id: int, position: OutboxPosition) -> bool:
    """Return whether a delivery is still stored, acknowledged or not."""
    mine = (*_of_webhook(site_id, webhook_id), webhook_outbox.c.position == position)
    return connection.execute(select(webhook_outbox.c.position).where(*mine)).first() is not None


def acknowledge_deliveries(
    connection: Connection,
    site_id: int,
    webhook_id: int,
    positions: Sequence[OutboxPosition],
    now: datetime,
    *,
    unsent_reason: UnsentReason | None = None,
) -> None:
    """Mark deliveries as acknowledged, so that they are not sent again.

    Without an `unsent_reason`, they were sent, and the attempt is counted.
    """
    values: dict[str, object] = {"settled_at": now, "unsent_reason": unsent_reason}
    if unsent_reason is None:
        values["attempts"] = _ONE_MORE_ATTEMPT
    listed = is_among(webhook_outbox.c.position, "positions")
    statement = update(webhook_outbox).where(*_of_webhook(site_id, webhook_id), listed).values(**values)
    connection.execute(statement, {"positions": list(positions)})


def count_failed_attempt(
    connection: Connection, site_id: int, webhook_id: int, position: OutboxPosition, fault: str
) -> None:
    """Count a failed attempt to send a delivery, and store the reason of the failure."""
    failed = update(webhook_outbox).where(*_of_webhook(site_id, webhook_id), webhook_outbox.c.position == position)
    connection.execute(failed.values(attempts=_ONE_MORE_ATTEMPT, last_fault=fault))


def requeue_deliveries(
    connection: Connection,
    site_id: int,
    webhook_id: int,
    *,
    since: datetime | None = None,
    position: OutboxPosition | None = None,
) -> int:
    """Queue acknowledged deliveries (sent, or never to be sent) of a webhook again, and return how many were queued.

    With `since`, only deliveries recorded at or after `since` are queued; with `position`, only the delivery at this
    position. By default, all acknowledged deliveries are queued.
    """
    again = [*_of_webhook(site_id, webhook_id), webhook_outbox.c.settled_at.is_not(None)]
    if since is not None:
        again.append(webhook_outbox.c.recorded_at >= since)
    if position is not None:
        again.append(webhook_outbox.c.position == position)
    queued = update(webhook_outbox).where(*again).values(settled_at=None, unsent_reason=None)
    return connection.execute(queued).rowcount


def delete_deliveries(connection: Connection, site_id: int, webhook_id: int) -> None:
    """Delete all deliveries of a webhook."""
    connection.execute(delete(webhook_outbox).where(*_of_webhook(site_id, webhook_id)))


def delete_old_deliveries(connection: Connection, site_id: int, before: datetime) -> int:
    """Delete a site's deliveries that were recorded before a time, acknowledged or not; return how many there were."""
    old = (webhook_outbox.c.site_id == site_id, webhook_outbox.c.recorded_at < before)
    return connection.execute(delete(webhook_outbox).where(*old)).rowcount


def _of_webhook(site_id: int, webhook_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return webhook_outbox.c.site_id == site_id, webhook_outbox.c.webhook_id == webhook_id


def _waiting(site_id: int, webhook_id: int) -> tuple[ColumnElement[bool], ...]:
    return (*_of_webhook(site_id, webhook_id), webhook_outbox.c.settled_at.is_(None))


def _delivery_from_row(row: NamedRow) -> Delivery:
    kind = EventKind(row.event)
    event: Event
    if row.subject == DEAL:
        event = DealEvent(kind, DealId(row.subject_id), row.version)
    elif row.subject == ALERT:
        event = AlertEvent(kind, row.subject_id)
    else:
        lead = LeadRef(LeadKind(row.subject), row.subject_id)
        event = LeadEvent(kind, lead, tuple(map(LeadPart, row.changed)))
    return Delivery(WebhookId(row.webhook_id), OutboxPosition(row.position), event, row.recorded_at)
