"""A webhook: a URL that is notified of the events of a site."""

from datetime import datetime
from enum import StrEnum
from typing import NewType
from urllib.parse import urlsplit

from dealtrace.record import record

WebhookId = NewType("WebhookId", int)


class EventKind(StrEnum):
    """The kinds of events of a site; the values are the names that people choose from.

    A call is connected when its PBX reports the start, and disconnected when the PBX reports the end. `DEAL_MATCHED`
    occurs whenever the lead of a deal changes or is removed. An alert is raised when the figure that its rule watches
    is unusual, and ends when the figure is usual again.
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
    ALERT_RAISED = "alert.raised"
    ALERT_ENDED = "alert.ended"


class BodyStyle(StrEnum):
    """The format in which events are sent: query string, form, or signed JSON."""

    GET = "get"
    FORM = "form"
    JSON = "json"


class WebhookState(StrEnum):
    """The state of a webhook: `PAUSED` means that nothing is sent; `FAILING` means that the latest attempt failed."""

    ACTIVE = "active"
    FAILING = "failing"
    PAUSED = "paused"


WORKS, PAUSED = "works", "paused"
"""The states of a webhook in the recorded changes to a site.

A failing webhook is recorded as one that works: only a pause and its end are changes to a site.
"""


@record
class Listener:
    """What is needed to record events for a webhook: its id, and the kinds of event that it subscribes to."""

    webhook_id: WebhookId
    events: frozenset[EventKind]


@record
class Webhook:
    """A webhook and its state.

    `fields` are the names of the fields to send; an empty tuple means all. `secret` signs JSON bodies. Nothing is sent
    while `paused_at` is set. `failures` counts the attempts that have failed in a row since `failing_since`. If
    `test_asked_at` is set and `test_outcome` is not, a test is due.
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
    def host(self) -> str:
        """Return the host of the webhook's URL."""
        return urlsplit(self.url).hostname or ""

    @property
    def name(self) -> str:
        """Return the webhook's id and host, for people who must not see its URL; a URL may contain a secret."""
        return f"{self.id} {self.host}"

    @property
    def is_paused(self) -> bool:
        """Return whether nothing is sent until a person resumes the webhook."""
        return self.paused_at is not None

    @property
    def has_failed(self) -> bool:
        """Return whether the latest attempt to send failed, even if the webhook is paused."""
        return self.failures > 0

    @property
    def state(self) -> WebhookState:
        """Return the webhook's state; a webhook that was paused after failures counts as paused."""
        if self.is_paused:
            return WebhookState.PAUSED
        return WebhookState.FAILING if self.has_failed else WebhookState.ACTIVE

    @property
    def recorded_state(self) -> str:
        """Return the state as it is written in the recorded changes to a site: `PAUSED` or `WORKS`."""
        return PAUSED if self.is_paused else WORKS

    @property
    def reason(self) -> str | None:
        """Return why the webhook is paused or failing, or `None` if it is neither."""
        return self.pause_reason or self.last_fault

    @property
    def is_test_awaited(self) -> bool:
        """Return whether a test was requested and has not run yet."""
        return self.test_asked_at is not None and self.test_outcome is None
