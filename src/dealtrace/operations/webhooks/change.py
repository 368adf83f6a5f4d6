"""Change the URL, events, fields and secret of webhooks."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

from dealtrace.accounts.site_change import ChangeKind, FormerValues, SiteChange, only_part
from dealtrace.accounts.webhook import PAUSED, BodyStyle, EventKind, Webhook
from dealtrace.operations.webhooks.create import NewWebhook, check_url, new_secret
from dealtrace.operations.webhooks.manage import record_state, require_webhook
from dealtrace.operations.work import AccountWork
from dealtrace.record import record
from dealtrace.storage.accounts import revision
from dealtrace.storage.webhooks import webhooks
from dealtrace.webhooks.retry import NO_FAILURES

ALL_FIELDS, OTHER_ADDRESS, OTHER_SECRET = "all fields", "address changed", "secret changed"
"""Strings in the history of a site's changes: a webhook sends the default fields, or has a new URL or a new secret."""


@record
class WebhookChange:
    """The URL, events and fields that a webhook is to have; empty `fields` mean the default fields."""

    url: str
    events: frozenset[EventKind]
    fields: tuple[str, ...] = ()


def change_webhook(work: AccountWork, webhook_id: int, change: WebhookChange) -> Webhook:
    """Change what a webhook sends and where, and return the webhook; running servers apply this within two seconds.

    Waiting deliveries are sent to the new URL. If the URL changes, earlier failures are forgotten, so waiting
    deliveries are sent at once; a paused webhook remains paused.

    Raises:
        WebhookNotFound: there is no such webhook.
        InvalidSetting: the URL is not valid.
    """
    before = require_webhook(work.connection, webhook_id)
    check_url(change.url)
    values: dict[str, object] = {"url": change.url, "events": sorted(change.events), "fields": change.fields}
    if change.url != before.url:
        values |= asdict(NO_FAILURES)
    webhooks.update_webhook(work.connection, webhook_id, values)
    changed = replace(before, url=change.url, events=change.events, fields=change.fields)
    former: FormerValues = {
        "id": webhook_id,
        "url": before.url,
        "events": sorted(before.events),
        "fields": list(before.fields),
    }
    for part, old, new in _differences(before, changed):
        record_state(work, changed, before=old, after=new, former=only_part(former, part))
    revision.raise_revision(work.connection)
    return changed


def former_webhook(change: SiteChange, now: Webhook) -> WebhookChange | None:
    """Return the URL, events and fields that a webhook had before a change; other parts are as in the webhook `now`.

    The result is `None` if the change concerns another webhook, or has no former value.
    """
    former: FormerValues = change.former or {}
    if change.kind is not ChangeKind.WEBHOOK or former.get("id") != now.id or len(former) == 1:
        return None
    events = frozenset(map(EventKind, former["events"])) if "events" in former else now.events
    return WebhookChange(former.get("url", now.url), events, tuple(former.get("fields", now.fields)))


def deleted_webhook(site_id: int, change: SiteChange) -> tuple[int, NewWebhook] | None:
    """Return the id of the webhook that a change deleted, and the webhook with which to restore it.

    The result is `None` if the change did not delete a webhook. A webhook that was paused is restored as paused, since
    its receiver does not expect any messages.
    """
    former: FormerValues = change.former or {}
    if change.kind is not ChangeKind.WEBHOOK or "style" not in former:
        return None
    events, style = frozenset(map(EventKind, former["events"])), BodyStyle(former["style"])
    is_paused = change.before == PAUSED
    return former["id"], NewWebhook(site_id, former["url"], events, style, tuple(former["fields"]), is_paused)


def replace_secret(work: AccountWork, webhook_id: int) -> str:
    """Give a webhook a new secret, which signs all messages from now on, and return the secret.

    Raises:
        WebhookNotFound: there is no such webhook.
    """
    webhook, secret = require_webhook(work.connection, webhook_id), new_secret()
    webhooks.update_webhook(work.connection, webhook_id, {"secret": secret})
    record_state(work, webhook, after=OTHER_SECRET)
    return secret


def _differences(before: Webhook, changed: Webhook) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each part of a webhook, with its old and its new value as strings.

    The value of a URL is only its host, since other parts may contain a secret.
    """
    if before.url != changed.url:
        hosts = (before.host, changed.host)
        yield "url", *(hosts if before.host != changed.host else ("", OTHER_ADDRESS))
    yield "events", _names(before.events), _names(changed.events)
    yield "fields", ", ".join(before.fields) or ALL_FIELDS, ", ".join(changed.fields) or ALL_FIELDS


def _names(events: frozenset[EventKind]) -> str:
    listed: Sequence[str] = [kind for kind in EventKind if kind in events]
    return ", ".join(listed)
