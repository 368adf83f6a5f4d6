"""Pause, resume, test, replay and delete webhooks."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import Connection

from dealtrace.accounts.site_change import ChangeKind, FormerValues
from dealtrace.accounts.webhook import PAUSED, WORKS, Webhook
from dealtrace.errors import DeliveryNotFound, WebhookNotFound
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.work import AccountWork
from dealtrace.storage.accounts import revision
from dealtrace.storage.webhooks import outbox, webhooks
from dealtrace.webhooks.delivery import UnsentReason, outbox_position
from dealtrace.webhooks.retry import NO_FAILURES

BY_HAND = "by hand"


def pause_webhook(work: AccountWork, webhook_id: int) -> Webhook:
    """Pause a webhook, so that its deliveries wait until it is resumed, and return the webhook.

    A webhook that is already paused keeps the time of its pause and the reason for it.

    Raises:
        WebhookNotFound: there is no such webhook.
    """
    webhook = require_webhook(work.connection, webhook_id)
    if webhook.is_paused:
        return webhook
    webhook = _update(work, webhook_id, {"paused_at": work.now, "pause_reason": BY_HAND})
    record_state(work, webhook, before=WORKS, after=PAUSED)
    return webhook


def resume_webhook(work: AccountWork, webhook_id: int, *, skip: bool = False) -> Webhook:
    """Resume a webhook and return the webhook; its waiting deliveries are sent at once, in order.

    With `skip`, the first waiting delivery is dropped, in case the receiver always refuses it. Earlier failures are
    forgotten, even if the webhook is not paused.

    Raises:
        WebhookNotFound: there is no such webhook.
    """
    webhook = require_webhook(work.connection, webhook_id)
    if skip:
        waiting = outbox.list_waiting_deliveries(work.connection, webhook.site_id, webhook_id, 1)
        first = [delivery.position for delivery in waiting]
        outbox.acknowledge_deliveries(
            work.connection, webhook.site_id, webhook_id, first, work.now, unsent_reason=UnsentReason.SKIPPED
        )
    if webhook.is_paused:
        record_state(work, webhook, before=PAUSED, after=WORKS)
    return _update(work, webhook_id, {"paused_at": None, "pause_reason": None, **asdict(NO_FAILURES)})


def schedule_test(work: AccountWork, webhook_id: int) -> Webhook:
    """Request that a running server send a test to a webhook, even if it is paused, and return the webhook.

    Raises:
        WebhookNotFound: there is no such webhook.
    """
    return _update(work, webhook_id, {"test_asked_at": work.now, "test_outcome": None})


def cancel_test(work: AccountWork, webhook_id: int) -> None:
    """Cancel a test that has not been sent yet."""
    webhooks.update_webhook(work.connection, webhook_id, {"test_asked_at": None})


def replay_since(work: AccountWork, webhook_id: int, since: datetime) -> int:
    """Queue all deliveries of a webhook at or after `since` to be sent again, and return their number.

    If `since` has no time zone, it is in the time zone of the webhook's site. Messages keep their ids and their order,
    and are sent before other waiting deliveries.

    Raises:
        WebhookNotFound: there is no such webhook.
    """
    webhook = require_webhook(work.connection, webhook_id)
    site = require_site(work.connection, webhook.site_id)
    at = since if since.tzinfo is not None else since.replace(tzinfo=site.time_zone)
    return outbox.requeue_deliveries(work.connection, webhook.site_id, webhook_id, since=at.astimezone(UTC))


def replay_message(work: AccountWork, webhook_id: int, message_id: str) -> int:
    """Queue a message to be sent to a webhook again, and return how many messages were queued.

    The result is 1, or 0 if the message is already waiting to be sent.

    Raises:
        WebhookNotFound: there is no such webhook.
        DeliveryNotFound: the webhook was never sent such a message, or the message is no longer stored.
    """
    webhook = require_webhook(work.connection, webhook_id)
    position = outbox_position(message_id, webhook.site_id, webhook_id)
    if position is None or not outbox.is_delivery_known(work.connection, webhook.site_id, webhook_id, position):
        raise DeliveryNotFound(message_id=message_id)
    return outbox.requeue_deliveries(work.connection, webhook.site_id, webhook_id, position=position)


def delete_webhook(work: AccountWork, webhook_id: int) -> None:
    """Delete a webhook and its deliveries; running servers stop serving it within two seconds.

    The record of the change keeps the webhook's URL, events, fields and message format, but not its secret, so that the
    webhook can be created again.

    Raises:
        WebhookNotFound: there is no such webhook.
    """
    webhook = require_webhook(work.connection, webhook_id)
    webhooks.delete_webhook(work.connection, webhook_id)
    outbox.delete_deliveries(work.connection, webhook.site_id, webhook_id)
    former: FormerValues = {
        "id": webhook_id,
        "url": webhook.url,
        "events": sorted(webhook.events),
        "fields": list(webhook.fields),
        "style": webhook.style,
    }
    record_state(work, webhook, before=webhook.recorded_state, former=former)
    revision.raise_revision(work.connection)


def record_state(
    work: AccountWork,
    webhook: Webhook,
    *,
    before: str = "",
    after: str = "",
    former: FormerValues | None = None,
) -> None:
    """Record that a webhook was created, changed, paused, resumed or deleted.

    The record shows only the id and host of the webhook, because its URL may contain a secret. `former` has what is
    needed to undo the change, and is never shown.
    """
    record_change(work, webhook.site_id, ChangeKind.WEBHOOK, webhook.name, before=before, after=after, former=former)


def _update(work: AccountWork, webhook_id: int, values: Mapping[str, object]) -> Webhook:
    require_webhook(work.connection, webhook_id)
    webhooks.update_webhook(work.connection, webhook_id, values)
    return require_webhook(work.connection, webhook_id)


def require_webhook(connection: Connection, webhook_id: int) -> Webhook:
    """Return a webhook.

    Raises:
        WebhookNotFound: there is no such webhook.
    """
    found = webhooks.find_webhook(connection, webhook_id)
    if found is None:
        raise WebhookNotFound(webhook_id=webhook_id)
    return found
