"""One event on its way to one webhook."""

from datetime import datetime
from typing import NewType

from dealtrace.accounts.webhook import WebhookId
from dealtrace.record import record
from dealtrace.webhooks.event import Event

DIGITS_MAX = 16
"""No position has more."""

OutboxPosition = NewType("OutboxPosition", int)
"""The place of a delivery among all of its site, in the order in which things happened there."""


@record
class Delivery:
    """What a webhook is to be told: an event and when it was recorded.

    It holds no copy of the lead or deal: what is told of them is read when it is sent, so nobody who was erased
    waits in a queue.
    """

    webhook_id: WebhookId
    position: OutboxPosition
    event: Event
    recorded_at: datetime

    def message_id(self, site_id: int) -> str:
        """Name the delivery: each attempt of it has the same name, and no other delivery has."""
        return f"{_prefix(site_id, self.webhook_id)}{self.position}"


def position_in(message_id: str, site_id: int, webhook_id: int) -> OutboxPosition | None:
    """Read a delivery's name; `None` if it is no name of a delivery to this webhook."""
    prefix = _prefix(site_id, webhook_id)
    number = message_id.removeprefix(prefix)
    is_one = message_id.startswith(prefix) and number.isascii() and number.isdigit() and len(number) <= DIGITS_MAX
    return OutboxPosition(int(number)) if is_one else None


def _prefix(site_id: int, webhook_id: int) -> str:
    return f"msg_{site_id}_{webhook_id}_"
