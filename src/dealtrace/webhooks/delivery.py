"""A delivery: one event to send to one webhook."""

from datetime import datetime
from enum import StrEnum
from typing import NewType

from dealtrace.accounts.webhook import WebhookId
from dealtrace.record import record
from dealtrace.webhooks.event import Event
from dealtrace.whole_number import parse_whole_number

OutboxPosition = NewType("OutboxPosition", int)
"""The position of a delivery among all deliveries of its site, in the order of the events."""


class UnsentReason(StrEnum):
    """The reason why a delivery will not be sent: a person skipped it, or its lead or alert was deleted."""

    SKIPPED = "skipped"
    DELETED = "deleted"


@record
class Delivery:
    """An event to send to a webhook, and when it was recorded.

    It has no copy of the lead or deal, which is read when the event is sent. So data of erased people does not stay in
    the queue.
    """

    webhook_id: WebhookId
    position: OutboxPosition
    event: Event
    recorded_at: datetime

    def message_id(self, site_id: int) -> str:
        """Return the unique id of the delivery; the id is the same in every attempt."""
        return f"{_prefix(site_id, self.webhook_id)}{self.position}"


@record
class LoggedDelivery:
    """A delivery and its outcome.

    `settled_at` is the time of the outcome, or `None` while the delivery waits. `unsent_reason` is the reason why it
    will not be sent, or `None`. `attempts` is the number of attempts to send it, and `last_fault` the reason for
    the last failure; both are `None` if there was no attempt, or if an earlier release, which did not count them, made
    the attempts.
    """

    delivery: Delivery
    settled_at: datetime | None = None
    unsent_reason: UnsentReason | None = None
    attempts: int | None = None
    last_fault: str | None = None


def outbox_position(message_id: str, site_id: int, webhook_id: int) -> OutboxPosition | None:
    """Return the position of the delivery with this message id, or `None` if the id is not one of the webhook's."""
    prefix = _prefix(site_id, webhook_id)
    number = parse_whole_number(message_id.removeprefix(prefix)) if message_id.startswith(prefix) else None
    return OutboxPosition(number) if number is not None else None


def _prefix(site_id: int, webhook_id: int) -> str:
    return f"msg_{site_id}_{webhook_id}_"
