"""Take deliveries in hand, and note what became of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.webhook import Webhook, WebhookId
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.webhooks import outbox, webhooks
from dealtrace.webhooks.delivery import Delivery, OutboxPosition
from dealtrace.webhooks.retry import Fault, Pause, after_fault

DELIVERIES_AT_ONCE = 50
"""What is sent between two commits, and so what may be sent twice if the server dies meanwhile."""
LEASE = timedelta(seconds=15)
"""How long a process that died keeps a webhook from the others; longer than a process serves one at a time."""
KEPT_FOR = timedelta(days=30)
"""How long what was told can be replayed, and what waits for a paused webhook is kept."""
FAULT_LENGTH_MAX = 500


@record
class Claim:
    """A process, by its name of the moment, wants to serve a webhook."""

    webhook_id: WebhookId
    holder: str


@record
class InHand:
    """A webhook that nobody else serves for the time being, and what it is to be told now."""

    webhook: Webhook
    deliveries: Sequence[Delivery]


@record
class DeliveryReport:
    """What became of what was in hand: what was told, and why the next could not be, if it could not.

    `chance`, from 0 to 1, spreads attempts; `test_outcome` tells how a test went if there was one.
    """

    claim: Claim
    told: Sequence[OutboxPosition]
    fault: Fault | None
    chance: float
    test_outcome: str | None = None


def claim_deliveries(
    connection: Connection, ids: IdBlocks, site: Site, commands: Sequence[WriteCommand[Claim]], now: datetime
) -> list[InHand | None]:
    """Take webhooks in hand; `None` for one that another process serves or that has nothing to be told now."""
    del ids
    return [_claim(connection, site, command.payload, now) for command in commands]


def _claim(connection: Connection, site: Site, claim: Claim, now: datetime) -> InHand | None:
    """Look what waits only behind the lease: whoever had it may have told, a moment ago, what waited before."""
    webhook = webhooks.find_webhook(connection, claim.webhook_id)
    if webhook is None or not outbox.needs_attempt(connection, webhook, now):
        return None
    if not webhooks.lease_webhook(connection, claim.webhook_id, claim.holder, now + LEASE, now):
        return None
    webhook = webhooks.find_webhook(connection, claim.webhook_id)
    assert webhook is not None
    if not webhook.is_due(now):
        return InHand(webhook, [])
    return InHand(webhook, outbox.list_waiting_deliveries(connection, site.id, webhook.id, DELIVERIES_AT_ONCE))


def acknowledge_deliveries(
    connection: Connection, ids: IdBlocks, site: Site, commands: Sequence[WriteCommand[DeliveryReport]], now: datetime
) -> list[Pause | None]:
    """Note what was told and when the rest is tried, and let the webhooks go; tell of each why it is paused, if so."""
    del ids
    return [_settle(connection, site, command.payload, now) for command in commands]


def _settle(connection: Connection, site: Site, report: DeliveryReport, now: datetime) -> Pause | None:
    webhook_id = report.claim.webhook_id
    outbox.acknowledge_deliveries(connection, site.id, webhook_id, report.told, now)
    webhook = webhooks.find_webhook(connection, webhook_id)
    if webhook is None:
        return None
    values: dict[str, Any] = {"lease_holder": None, "leased_until": None}
    if report.test_outcome is not None:
        values["test_outcome"] = report.test_outcome[:FAULT_LENGTH_MAX]
    if report.told:
        values |= {"delivered_at": now, "failing_since": None, "failures": 0, "last_fault": None}
    pause = None
    if report.fault is not None:
        pause, standing = _failed(webhook, report, report.fault, now)
        values |= standing
    is_mine = webhooks.update_held_webhook(connection, webhook_id, report.claim.holder, values)
    return pause if is_mine else None


def _failed(
    webhook: Webhook, report: DeliveryReport, fault: Fault, now: datetime
) -> tuple[Pause | None, dict[str, Any]]:
    """Tell how a webhook stands after a failed attempt; one that was paused meanwhile stays so."""
    is_first = bool(report.told) or webhook.failing_since is None
    failures = 1 if is_first else webhook.failures + 1
    since = now if is_first or webhook.failing_since is None else webhook.failing_since
    standing: dict[str, Any] = {
        "failures": failures,
        "failing_since": since,
        "last_fault": fault.reason[:FAULT_LENGTH_MAX],
    }
    verdict = after_fault(fault, failures, since, now, report.chance)
    if not isinstance(verdict, Pause):
        return None, {**standing, "next_attempt_at": verdict.at}
    if webhook.paused_at is not None:
        return None, standing
    return verdict, {**standing, "paused_at": now, "pause_reason": verdict.reason[:FAULT_LENGTH_MAX]}


def sweep_outbox(
    connection: Connection, ids: IdBlocks, site: Site, commands: Sequence[WriteCommand[timedelta]], now: datetime
) -> list[int]:
    """Forget what was recorded longer ago than each wish says; return how much that was."""
    del ids
    return [outbox.delete_old_deliveries(connection, site.id, now - command.payload) for command in commands]
