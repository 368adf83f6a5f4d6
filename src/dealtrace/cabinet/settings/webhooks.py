"""The webhooks of a site: create, pause, test and delete them, see their logs, resend messages."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.webhook import BodyStyle, EventKind, Webhook, WebhookState
from dealtrace.cabinet.gate import not_found
from dealtrace.cabinet.settings.page import Faults, fault_text, number_of, redirect_with_message, show_settings
from dealtrace.cabinet.view import View
from dealtrace.errors import DeliveryNotFound, InvalidSetting
from dealtrace.operations.webhooks import manage
from dealtrace.operations.webhooks.create import NewWebhook, create_webhook
from dealtrace.record import record
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.webhooks.outbox import count_waiting_deliveries, list_latest_deliveries
from dealtrace.storage.webhooks.webhooks import list_webhooks

PLACE = "settings/webhooks"
LOG_LENGTH = 50
_STATES = {
    WebhookState.ACTIVE: "active",
    WebhookState.FAILING: "failing, retries continue",
    WebhookState.PAUSED: "paused",
}
_STYLES = {BodyStyle.FORM: "Form", BodyStyle.GET: "Query string", BodyStyle.JSON: "Signed JSON"}


@record
class LogLine:
    """A delivery: the id of its message, its event, and when it was recorded.

    `settled_at` is when it was delivered or given up, or `None` if it is still waiting.
    """

    message_id: str
    event: str
    recorded_at: datetime
    settled_at: datetime | None


async def show(view: View) -> Response:
    """Show the webhooks, and the form for a new one."""
    return await _page(view)


async def create(view: View) -> Response:
    """Create a webhook; the secret that signs its JSON is shown only once."""
    url, chosen, style = view.form.get("url").strip(), view.form.all("event"), view.form.get("style")
    events = frozenset(kind for kind in EventKind if kind in chosen)
    faults = {}
    if not events:
        faults["event"] = view.translate("Choose at least one event.")
    if style not in list(BodyStyle):
        faults["style"] = view.translate("Choose a format.")
    if faults:
        return await _page(view, url=url, chosen=chosen, style=style, faults=faults)
    draft = NewWebhook(view.current_site.id, url, events, BodyStyle(style))
    try:
        made = await view.manage(_create, draft, view.rights.user.id)
    except InvalidSetting as refusal:
        faults = {"url" if refusal.facts["key"] == "url" else "": fault_text(refusal, view.language)}
        return await _page(view, url=url, chosen=chosen, style=style, faults=faults)
    if made.style is not BodyStyle.JSON:
        return redirect_with_message(view, f"{PLACE}/{made.id}", "added")
    return await _page(view, secret=made.secret)


async def show_log(view: View) -> Response:
    """Show a webhook with its latest deliveries."""
    webhook = await _find(view)
    return not_found(view) if webhook is None else await _log_page(view, webhook)


async def act(view: View) -> Response:
    """Pause, resume, test or delete a webhook, or resend a message."""
    webhook = await _find(view)
    act_of = _ACTS.get(view.form.get("act"))
    if webhook is None or act_of is None:
        return not_found(view)
    run, done = act_of
    try:
        await view.manage(run, webhook.id, view.form.get("message"), view.rights.user.id)
    except DeliveryNotFound as refusal:
        return await _log_page(view, webhook, faults={"": refusal.text(view.language)})
    return redirect_with_message(view, PLACE if done == "removed" else f"{PLACE}/{webhook.id}", done)


async def _find(view: View) -> Webhook | None:
    """Return the webhook whose id is in the path, or `None` if the site does not have it."""
    listed = await view.read(list_webhooks, view.current_site.id)
    return next((webhook for webhook in listed if webhook.id == number_of(view.request.path_params["webhook"])), None)


async def _page(
    view: View,
    *,
    url: str = "",
    chosen: list[str] | None = None,
    style: str = "",
    secret: str = "",
    faults: Faults | None = None,
) -> Response:
    webhooks = await view.read(_read, view.current_site.id)
    return show_settings(
        view,
        "settings/webhooks.html",
        view.translate("Webhooks"),
        faults=faults,
        webhooks=[(webhook, view.translate(_STATES[webhook.state]), waiting) for webhook, waiting in webhooks],
        events=[(kind.value, chosen is None or kind in chosen) for kind in EventKind],
        styles=[(value.value, view.translate(words), value == style) for value, words in _STYLES.items()],
        url=url,
        secret=secret,
    )


async def _log_page(view: View, webhook: Webhook, *, faults: Faults | None = None) -> Response:
    lines, waiting = await view.read(_read_log, webhook)
    return show_settings(
        view,
        "settings/webhook.html",
        view.translate("Webhook"),
        faults=faults,
        webhook=webhook,
        state=view.translate(_STATES[webhook.state]),
        style=view.translate(_STYLES[webhook.style]),
        events=[kind.value for kind in EventKind if kind in webhook.events],
        waiting=waiting,
        lines=lines,
    )


def _read(connection: Connection, site_id: int) -> list[tuple[Webhook, int]]:
    listed = list_webhooks(connection, site_id)
    return [(webhook, count_waiting_deliveries(connection, site_id, webhook.id)) for webhook in listed]


def _read_log(connection: Connection, webhook: Webhook) -> tuple[list[LogLine], int]:
    latest = list_latest_deliveries(connection, webhook.site_id, webhook.id, LOG_LENGTH)
    lines = [
        LogLine(delivery.message_id(webhook.site_id), delivery.event.kind.value, delivery.recorded_at, settled_at)
        for delivery, settled_at in latest
    ]
    return lines, count_waiting_deliveries(connection, webhook.site_id, webhook.id)


def _create(connection: Connection, ids: IdBlocks, draft: NewWebhook, user_id: int) -> Webhook:
    return create_webhook(connection, ids, draft, clock.now(), user_id)


def _pause(connection: Connection, _ids: object, webhook_id: int, _message: str, user_id: int) -> None:
    manage.pause_webhook(connection, webhook_id, clock.now(), user_id)


def _resume(connection: Connection, _ids: object, webhook_id: int, _message: str, user_id: int) -> None:
    manage.resume_webhook(connection, webhook_id, clock.now(), user_id=user_id)


def _skip(connection: Connection, _ids: object, webhook_id: int, _message: str, user_id: int) -> None:
    manage.resume_webhook(connection, webhook_id, clock.now(), skip=True, user_id=user_id)


def _test(connection: Connection, _ids: object, webhook_id: int, _message: str, _user_id: int) -> None:
    manage.schedule_test(connection, webhook_id, clock.now())


def _replay(connection: Connection, _ids: object, webhook_id: int, message: str, _user_id: int) -> None:
    manage.replay_message(connection, webhook_id, message)


def _delete(connection: Connection, _ids: object, webhook_id: int, _message: str, user_id: int) -> None:
    manage.delete_webhook(connection, webhook_id, clock.now(), user_id)


_ACTS: dict[str, tuple[Callable[[Connection, IdBlocks, int, str, int], None], str]] = {
    "pause": (_pause, "paused"),
    "resume": (_resume, "resumed"),
    "skip": (_skip, "resumed"),
    "test": (_test, "testing"),
    "replay": (_replay, "again"),
    "delete": (_delete, "removed"),
}
"""The actions on a webhook: the function of each, and the code of the message that is shown afterwards."""
