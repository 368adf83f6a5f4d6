"""What webhooks are still to be told, in the order in which it happened, and for a while what they were told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from dealtrace.accounts.webhook import EventKind, WebhookId
from dealtrace.deals.deal import DealId
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.storage.database.column_types import is_among
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.webhooks import webhook_outbox, webhook_position
from dealtrace.webhooks.delivery import Delivery, OutboxPosition
from dealtrace.webhooks.event import DealEvent, Event, LeadEvent, LeadPart

DEAL = "deal"
_INSERT_DELIVERY = CompiledStatement(insert(webhook_outbox))


def insert_deliveries(
    connection: Connection, site_id: int, wanted: Sequence[tuple[WebhookId, Event]], now: datetime
) -> None:
    """Keep what webhooks are to be told, in this order, behind everything the site's webhooks were to be told before.

    Positions are given out under a lock, so their order is the order of the commits, in whatever process.
    """
    if not wanted:
        return
    first = _take_positions(connection, site_id, len(wanted))
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
            for position, (webhook_id, event) in enumerate(wanted, first)
        ],
    )


def _take_positions(connection: Connection, site_id: int, count: int) -> int:
    """Take the next positions of a site, and return the first; whoever asks next waits until this transaction ends."""
    start = insert_into(connection, webhook_position).values(site_id=site_id, last=count)
    counted = start.on_conflict_do_update(
        index_elements=["site_id"], set_={"last": webhook_position.c.last + start.excluded.last}
    )
    last = connection.execute(counted.returning(webhook_position.c.last)).scalar_one()
    return int(last) - count + 1


def _columns(event: Event) -> dict[str, Any]:
    if isinstance(event, DealEvent):
        return {"subject": DEAL, "subject_id": event.deal_id, "version": event.version, "changed": []}
    return {"subject": event.lead.kind, "subject_id": event.lead.id, "version": None, "changed": event.changed}


def list_waiting(connection: Connection, site_id: int, webhook_id: int, limit: int) -> list[Delivery]:
    """List what a webhook is to be told next, the first first."""
    waiting = select(webhook_outbox).where(*_mine(site_id, webhook_id), webhook_outbox.c.settled_at.is_(None))
    return [_record(row) for row in connection.execute(waiting.order_by(webhook_outbox.c.position).limit(limit))]


def is_waited_for(connection: Connection, site_id: int, webhook_id: int) -> bool:
    """Whether a webhook is still to be told anything."""
    waiting = (*_mine(site_id, webhook_id), webhook_outbox.c.settled_at.is_(None))
    return connection.execute(select(webhook_outbox.c.position).where(*waiting).limit(1)).first() is not None


def count_waiting(connection: Connection, site_id: int, webhook_id: int) -> int:
    """Tell how much a webhook is still to be told."""
    waiting = (*_mine(site_id, webhook_id), webhook_outbox.c.settled_at.is_(None))
    return int(connection.execute(select(func.count()).select_from(webhook_outbox).where(*waiting)).scalar_one())


def is_kept(connection: Connection, site_id: int, webhook_id: int, position: OutboxPosition) -> bool:
    """Whether a delivery is still known, told or not."""
    one = (*_mine(site_id, webhook_id), webhook_outbox.c.position == position)
    return connection.execute(select(webhook_outbox.c.position).where(*one)).first() is not None


def acknowledge_deliveries(
    connection: Connection, site_id: int, webhook_id: int, positions: Sequence[OutboxPosition], now: datetime
) -> None:
    """Note that these need not be told any more."""
    told = is_among(webhook_outbox.c.position, "positions")
    statement = update(webhook_outbox).where(*_mine(site_id, webhook_id), told).values(settled_at=now)
    connection.execute(statement, {"positions": list(positions)})


def requeue_deliveries(
    connection: Connection,
    site_id: int,
    webhook_id: int,
    *,
    since: datetime | None = None,
    position: OutboxPosition | None = None,
) -> int:
    """Let a webhook be told again what was settled and was recorded from `since` on, or the one at `position`.

    Return how many deliveries that are.
    """
    again = [*_mine(site_id, webhook_id), webhook_outbox.c.settled_at.is_not(None)]
    if since is not None:
        again.append(webhook_outbox.c.recorded_at >= since)
    if position is not None:
        again.append(webhook_outbox.c.position == position)
    return connection.execute(update(webhook_outbox).where(*again).values(settled_at=None)).rowcount


def delete_deliveries(connection: Connection, site_id: int, webhook_id: int) -> None:
    """Forget everything that a webhook was to be told."""
    connection.execute(delete(webhook_outbox).where(*_mine(site_id, webhook_id)))


def delete_old_deliveries(connection: Connection, site_id: int, before: datetime) -> int:
    """Forget what was recorded before a moment, told or not, and return how much that was."""
    old = (webhook_outbox.c.site_id == site_id, webhook_outbox.c.recorded_at < before)
    return connection.execute(delete(webhook_outbox).where(*old)).rowcount


def _mine(site_id: int, webhook_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return webhook_outbox.c.site_id == site_id, webhook_outbox.c.webhook_id == webhook_id


def _record(row: Any) -> Delivery:
    kind = EventKind(row.event)
    event: Event
    if row.subject == DEAL:
        event = DealEvent(kind, DealId(row.subject_id), row.version)
    else:
        lead = LeadRef(LeadKind(row.subject), row.subject_id)
        event = LeadEvent(kind, lead, tuple(map(LeadPart, row.changed)))
    return Delivery(WebhookId(row.webhook_id), OutboxPosition(row.position), event, row.recorded_at)
