"""Claim webhooks, read the deliveries to send to them, and store the results of sending."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from dealtrace.accounts.webhook import Webhook, WebhookId
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.storage.webhooks import outbox, webhooks
from dealtrace.webhooks.delivery import Delivery, OutboxPosition, UnsentReason
from dealtrace.webhooks.retry import FAULT_LENGTH_MAX, Fault, Pause, after_attempts, is_attempt_due

DELIVERIES_AT_ONCE = 50
"""The maximum number of deliveries between two commits; if the server dies, at most this many are sent twice."""
LEASE = timedelta(seconds=15)
"""How long a webhook stays reserved for a process; a round of sending takes less time."""
KEPT_FOR = timedelta(days=30)
"""How long deliveries can be replayed, and how long they wait while a webhook is paused."""


@record
class Claim:
    """A request by a process to serve a webhook; `holder` identifies the process."""

    webhook_id: WebhookId
    holder: str


@record
class ClaimedDeliveries:
    """A webhook that only the claiming process may serve until its lease ends, and the deliveries to send."""

    webhook: Webhook
    deliveries: Sequence[Delivery]


@record
class DeliveryReport:
    """The result of serving a claimed webhook.

    `delivered` are the deliveries that were sent, and `needless` those that were not, since their lead or alert was
    deleted. `fault` is why the delivery at the position `failed` could not be sent; both are `None` if none failed.
    `chance`, from 0 to 1, varies the delay of the next attempt. `test_outcome` is the result of a test, if one was
    sent.
    """

    claim: Claim
    delivered: Sequence[OutboxPosition]
    fault: Fault | None
    chance: float
    test_outcome: str | None = None
    needless: Sequence[OutboxPosition] = ()
    failed: OutboxPosition | None = None


@operation(ids_per_command=0)
def claim_deliveries(work: Work, commands: Sequence[WriteCommand[Claim]]) -> list[ClaimedDeliveries | None]:
    """Claim the webhook of each command; return the deliveries to send for each, or `None`.

    `None` means that another process serves the webhook, or that there is nothing to send now.
    """
    return [_claim(work, command.payload) for command in commands]


def _claim(work: Work, claim: Claim) -> ClaimedDeliveries | None:
    """Return a webhook and its waiting deliveries, or `None` if there is nothing to send or another process serves it.

    The deliveries are read after the lease is taken, because the previous holder may have sent some of them.
    """
    webhook = webhooks.find_webhook(work.connection, claim.webhook_id)
    if webhook is None or not outbox.needs_attempt(work.connection, webhook, work.now):
        return None
    if not webhooks.lease_webhook(work.connection, claim.webhook_id, claim.holder, work.now + LEASE, work.now):
        return None
    webhook = webhooks.find_webhook(work.connection, claim.webhook_id)
    assert webhook is not None
    if not is_attempt_due(webhook, work.now):
        return ClaimedDeliveries(webhook, [])
    return ClaimedDeliveries(
        webhook, outbox.list_waiting_deliveries(work.connection, work.site.id, webhook.id, DELIVERIES_AT_ONCE)
    )


@operation(ids_per_command=0)
def acknowledge_deliveries(work: Work, commands: Sequence[WriteCommand[DeliveryReport]]) -> list[Pause | None]:
    """Store the results of claims: mark sent deliveries, plan the next attempts and release the webhooks.

    Each outcome is the pause that the result caused, or `None` if it caused none.
    """
    return [_acknowledge(work, command.payload) for command in commands]


def _acknowledge(work: Work, report: DeliveryReport) -> Pause | None:
    webhook_id = report.claim.webhook_id
    _log_deliveries(work, report)
    webhook = webhooks.find_webhook(work.connection, webhook_id)
    if webhook is None:
        return None
    values: dict[str, object] = {"lease_holder": None, "leased_until": None}
    if report.test_outcome is not None:
        values["test_outcome"] = report.test_outcome[:FAULT_LENGTH_MAX]
    has_settled = bool(report.delivered or report.needless)
    if report.delivered:
        values["delivered_at"] = work.now
    failures, pause = after_attempts(
        webhook, has_delivered=has_settled, fault=report.fault, now=work.now, chance=report.chance
    )
    if has_settled or report.fault is not None:
        values |= asdict(failures)
    if pause is not None:
        values |= {"paused_at": work.now, "pause_reason": pause.reason[:FAULT_LENGTH_MAX]}
    is_mine = webhooks.update_held_webhook(work.connection, webhook_id, report.claim.holder, values)
    return pause if is_mine else None


def _log_deliveries(work: Work, report: DeliveryReport) -> None:
    """Mark what was sent or needs no message as acknowledged, and store why a delivery failed."""
    mine = (work.connection, work.site.id, report.claim.webhook_id)
    outbox.acknowledge_deliveries(*mine, report.delivered, work.now)
    if report.needless:
        outbox.acknowledge_deliveries(*mine, report.needless, work.now, unsent_reason=UnsentReason.DELETED)
    if report.fault is not None and report.failed is not None:
        outbox.count_failed_attempt(*mine, report.failed, report.fault.reason[:FAULT_LENGTH_MAX])


@operation(ids_per_command=0)
def sweep_outbox(work: Work, commands: Sequence[WriteCommand[timedelta]]) -> list[int]:
    """Delete the deliveries that are older than the age in each command; each outcome is the number deleted."""
    return [
        outbox.delete_old_deliveries(work.connection, work.site.id, work.now - command.payload) for command in commands
    ]
