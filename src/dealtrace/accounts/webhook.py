"""A webhook: an address that is told of what happens at a site."""

from datetime import datetime
from enum import StrEnum
from typing import NewType

from dealtrace.record import record

WebhookId = NewType("WebhookId", int)


class EventKind(StrEnum):
    """What a site can be told of, by the names that people choose from.

    A call is connected when its exchange tells of it as it begins, disconnected when it is over; one that was first
    told of when it was over is disconnected alone. A deal is matched whenever its lead becomes another one, or none.
    """

    CALL_CONNECTED = "call.connected"
    CALL_DISCONNECTED = "call.disconnected"
    LEAD_REQUEST_RECORDED = "lead_request.recorded"
    LEAD_CHANGED = "lead.changed"
    DEAL_CREATED = "deal.created"
    DEAL_CHANGED = "deal.changed"
    DEAL_DELETED = "deal.deleted"
    DEAL_RESTORED = "deal.restored"
    DEAL_MATCHED = "deal.matched"


class BodyStyle(StrEnum):
    """How a delivery is written: in the query, as a form, or as signed JSON."""

    GET = "get"
    FORM = "form"
    JSON = "json"


class WebhookState(StrEnum):
    """The state of a webhook: a paused one is sent nothing, the latest attempt of a failing one failed."""

    ACTIVE = "active"
    FAILING = "failing"
    PAUSED = "paused"


@record
class Listener:
    """What a site must know of a webhook as something happens: which events it wants."""

    webhook_id: WebhookId
    events: frozenset[EventKind]


@record
class Webhook:
    """A webhook and how it is doing.

    `fields` are the wire names it is sent, all of them when it is empty. `secret` signs JSON. While `paused_at` is
    set nothing is sent, and `pause_reason` says why. `failing_since` is when the first of the attempts failed that
    have failed in a row, `failures` in number; the next comes at `next_attempt_at`. A test that was asked for and
    not made yet has a `test_asked_at` without a `test_outcome`.
    """

    id: WebhookId
    site_id: int
    url: str
    events: frozenset[EventKind]
    style: BodyStyle
    secret: str
    created_at: datetime
    fields: tuple[str, ...] = ()
    paused_at: datetime | None = None
    pause_reason: str | None = None
    failing_since: datetime | None = None
    failures: int = 0
    last_fault: str | None = None
    next_attempt_at: datetime | None = None
    delivered_at: datetime | None = None
    test_asked_at: datetime | None = None
    test_outcome: str | None = None

    @property
    def is_paused(self) -> bool:
        """Whether nothing is sent until somebody resumes it."""
        return self.paused_at is not None

    @property
    def has_failed(self) -> bool:
        """Whether its latest attempt failed, paused or not."""
        return self.failures > 0

    @property
    def state(self) -> WebhookState:
        """Return its state; one that was paused after failures is paused."""
        if self.is_paused:
            return WebhookState.PAUSED
        return WebhookState.FAILING if self.has_failed else WebhookState.ACTIVE

    @property
    def reason(self) -> str | None:
        """Return why it is paused or failing."""
        return self.pause_reason or self.last_fault

    def is_due(self, now: datetime) -> bool:
        """Whether deliveries may be attempted now."""
        return not self.is_paused and (self.next_attempt_at is None or self.next_attempt_at <= now)

    @property
    def is_test_awaited(self) -> bool:
        """Whether somebody waits for a test delivery."""
        return self.test_asked_at is not None and self.test_outcome is None
