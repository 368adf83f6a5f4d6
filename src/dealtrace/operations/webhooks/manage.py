"""Pause, resume, test, replay and delete webhooks."""

from datetime import UTC, datetime

from sqlalchemy import Connection

from dealtrace.accounts.webhook import Webhook
from dealtrace.errors import DeliveryNotFound, WebhookNotFound
from dealtrace.storage.accounts import revision, sites
from dealtrace.storage.webhooks import outbox, webhooks
from dealtrace.webhooks.delivery import position_in

BY_HAND = "by hand"
_AFRESH = {"failing_since": None, "failures": 0, "last_fault": None, "next_attempt_at": None}


def pause_webhook(connection: Connection, webhook_id: int, now: datetime) -> Webhook:
    """Send a webhook nothing until it is resumed; what happens meanwhile waits.

    Raises:
        WebhookNotFound: there is no such webhook.
    """
    _find(connection, webhook_id)
    webhooks.update_webhook(connection, webhook_id, {"paused_at": now, "pause_reason": BY_HAND})
    return _find(connection, webhook_id)


def resume_webhook(connection: Connection, webhook_id: int, now: datetime, *, skip: bool = False) -> Webhook:
    """Send a webhook what waits, at once and in order; `skip` leaves out the first, which may be what it refuses.

    Raises:
        WebhookNotFound: there is no such webhook.
    """
    webhook = _find(connection, webhook_id)
    if skip:
        waiting = outbox.list_waiting_deliveries(connection, webhook.site_id, webhook_id, 1)
        first = [delivery.position for delivery in waiting]
        outbox.acknowledge_deliveries(connection, webhook.site_id, webhook_id, first, now)
    webhooks.update_webhook(connection, webhook_id, {"paused_at": None, "pause_reason": None, **_AFRESH})
    return _find(connection, webhook_id)


def ask_for_test(connection: Connection, webhook_id: int, now: datetime) -> Webhook:
    """Ask the running servers to send a webhook a test, whether it is paused or not.

    Raises:
        WebhookNotFound: there is no such webhook.
    """
    _find(connection, webhook_id)
    webhooks.update_webhook(connection, webhook_id, {"test_asked_at": now, "test_outcome": None})
    return _find(connection, webhook_id)


def withdraw_test(connection: Connection, webhook_id: int) -> None:
    """Want no test any more."""
    webhooks.update_webhook(connection, webhook_id, {"test_asked_at": None})


def replay_since(connection: Connection, webhook_id: int, since: datetime) -> int:
    """Let a webhook be told again what was recorded from `since` on, and return how many deliveries that are.

    `since` is on the clock of the webhook's site unless it bears a time zone.
    They keep their names and their order, and go before what still waits, as they did the first time.

    Raises:
        WebhookNotFound: there is no such webhook.
    """
    webhook = _find(connection, webhook_id)
    site = sites.find_site(connection, webhook.site_id)
    assert site is not None
    at = since if since.tzinfo is not None else since.replace(tzinfo=site.time_zone)
    return outbox.requeue_deliveries(connection, webhook.site_id, webhook_id, since=at.astimezone(UTC))


def replay_one(connection: Connection, webhook_id: int, message_id: str) -> int:
    """Let a webhook be told again what a message told it, and return 1; 0 if it waits to be told anyway.

    Raises:
        WebhookNotFound: there is no such webhook.
        DeliveryNotFound: the webhook was never sent such a message, or so long ago that it is forgotten.
    """
    webhook = _find(connection, webhook_id)
    position = position_in(message_id, webhook.site_id, webhook_id)
    if position is None or not outbox.is_delivery_known(connection, webhook.site_id, webhook_id, position):
        raise DeliveryNotFound(message_id=message_id)
    return outbox.requeue_deliveries(connection, webhook.site_id, webhook_id, position=position)


def delete_webhook(connection: Connection, webhook_id: int) -> None:
    """Remove a webhook with all that it was to be told; running servers follow within two seconds.

    Raises:
        WebhookNotFound: there is no such webhook.
    """
    webhook = _find(connection, webhook_id)
    webhooks.delete_webhook(connection, webhook_id)
    outbox.delete_deliveries(connection, webhook.site_id, webhook_id)
    revision.raise_revision(connection)


def _find(connection: Connection, webhook_id: int) -> Webhook:
    found = webhooks.find_webhook(connection, webhook_id)
    if found is None:
        raise WebhookNotFound(webhook_id=webhook_id)
    return found
