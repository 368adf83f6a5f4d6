"""The page of a webhook: change, pause, test and delete it, see its log, resend messages."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace.accounts.webhook import BodyStyle, EventKind, Webhook
from dealtrace.cabinet.form_pages import Faults, fault_text, number_of, redirect_with_message, show_form_page
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.labels import PLACE, STATES, STYLES, UNSENT, page_text
from dealtrace.cabinet.settings.webhooks.form import WebhookDraft, draft_of, form_context, read_draft, webhook_faults
from dealtrace.cabinet.view import View
from dealtrace.dates_and_times import YEAR_FIRST, read_clock
from dealtrace.errors import DeliveryNotFound, InvalidSetting
from dealtrace.operations.webhooks import manage
from dealtrace.operations.webhooks.change import WebhookChange, change_webhook, former_webhook, replace_secret
from dealtrace.operations.work import AccountWork
from dealtrace.record import record
from dealtrace.storage.accounts.change_history import find_site_change
from dealtrace.storage.webhooks.outbox import count_waiting_deliveries, list_latest_deliveries
from dealtrace.storage.webhooks.webhooks import list_webhooks
from dealtrace.webhooks.delivery import LoggedDelivery

LOG_LENGTH = 50


@record
class LogLine:
    """A delivery: the id of its message, its event, when it was recorded, and its outcome.

    `outcome` says when it was delivered, or why it was not sent; it is empty while the delivery waits.
    """

    message_id: str
    event: str
    recorded_at: datetime
    outcome: str
    attempts: int | None
    last_fault: str


async def show(view: View) -> Response:
    """Show a webhook with its latest deliveries."""
    webhook = await _find(view)
    return not_found_page(view) if webhook is None else await _page(view, webhook)


async def act(view: View) -> Response:
    """Change, pause, resume, test or delete a webhook, replace its secret, or resend messages.

    Before the webhook is deleted, the page asks once more.
    """
    webhook, asked = await _find(view), view.form.get("act")
    if webhook is None:
        return not_found_page(view)
    if asked in _FORMS:
        return await _FORMS[asked](view, webhook)
    if asked not in _ACTS:
        return not_found_page(view)
    run, done = _ACTS[asked]
    if asked == "delete" and view.form.get("agreed") != str(webhook.id):
        return await _page(view, webhook, is_deleting=True)
    await view.manage(run, webhook.id)
    return redirect_with_message(view, PLACE if done == "removed" else f"{PLACE}/{webhook.id}", done)


async def _change(view: View, webhook: Webhook) -> Response:
    """Store the URL, events and fields entered in the form, or show the form again with error messages."""
    return await _store(view, webhook, read_draft(view))


async def _undo(view: View, webhook: Webhook) -> Response:
    """Store the URL, events or fields that the webhook had before a change."""
    change = await view.read(find_site_change, view.current_site.id, view.form.get("change"))
    former = former_webhook(change, webhook) if change is not None else None
    if former is None:
        return not_found_page(view)
    draft = WebhookDraft(former.url, tuple(former.events), ", ".join(former.fields), webhook.style)
    return await _store(view, webhook, draft)


async def _store(view: View, webhook: Webhook, draft: WebhookDraft) -> Response:
    faults = webhook_faults(view, draft)
    if faults:
        return await _page(view, webhook, draft, faults=faults)
    change = WebhookChange(draft.url, draft.kinds, draft.names)
    try:
        await view.manage(change_webhook, webhook.id, change)
    except InvalidSetting as refusal:
        return await _page(view, webhook, draft, faults={"url": fault_text(refusal, view.language)})
    return redirect_with_message(view, f"{PLACE}/{webhook.id}", "webhook")


async def _replace_secret(view: View, webhook: Webhook) -> Response:
    """Replace the secret that signs the messages of a webhook, and show the new secret."""
    if webhook.style is not BodyStyle.JSON:
        return not_found_page(view)
    return await _page(view, webhook, secret=await view.manage(replace_secret, webhook.id))


async def _replay_message(view: View, webhook: Webhook) -> Response:
    """Resend a message."""
    try:
        await view.manage(manage.replay_message, webhook.id, view.form.get("message"))
    except DeliveryNotFound as refusal:
        return await _page(view, webhook, faults={"": page_text(refusal, view.language)})
    return redirect_with_message(view, f"{PLACE}/{webhook.id}", "again")


async def _replay_since(view: View, webhook: Webhook) -> Response:
    """Resend all events since the time in the form; the time is in the site's time zone."""
    since = read_clock(view.form.get("since"), YEAR_FIRST)
    if since is None:
        return await _page(view, webhook, faults={"since": view.translate("Enter a day and a time.")})
    if not await view.manage(manage.replay_since, webhook.id, since):
        message = view.translate("Nothing has been sent since then. Deliveries are stored for 30 days.")
        return await _page(view, webhook, faults={"since": message})
    return redirect_with_message(view, f"{PLACE}/{webhook.id}", "since")


async def _find(view: View) -> Webhook | None:
    """Return the webhook whose id is in the path, or `None` if the site does not have it."""
    listed = await view.read(list_webhooks, view.current_site.id)
    return next((webhook for webhook in listed if webhook.id == number_of(view.request.path_params["webhook"])), None)


async def _page(
    view: View,
    webhook: Webhook,
    draft: WebhookDraft | None = None,
    *,
    secret: str = "",
    faults: Faults | None = None,
    is_deleting: bool = False,
) -> Response:
    logged, waiting = await view.read(_read_log, webhook)
    lines = [_line(view, webhook, each) for each in logged]
    return show_form_page(
        view,
        "settings/webhook.html",
        view.translate("Webhook"),
        faults=faults,
        webhook=webhook,
        state=view.translate(STATES[webhook.state]),
        style=view.translate(STYLES[webhook.style]),
        is_signed=webhook.style is BodyStyle.JSON,
        received=[kind.value for kind in EventKind if kind in webhook.events],
        waiting=waiting,
        is_deleting=is_deleting,
        lines=lines[:LOG_LENGTH],
        is_cut=len(lines) > LOG_LENGTH,
        log_length=LOG_LENGTH,
        secret=secret,
        since=view.form.get("since"),
        form=form_context(view, draft or draft_of(webhook)),
    )


def _read_log(connection: Connection, webhook: Webhook) -> tuple[list[LoggedDelivery], int]:
    latest = list_latest_deliveries(connection, webhook.site_id, webhook.id, LOG_LENGTH + 1)
    return latest, count_waiting_deliveries(connection, webhook.site_id, webhook.id)


def _line(view: View, webhook: Webhook, logged: LoggedDelivery) -> LogLine:
    delivery, outcome = logged.delivery, ""
    if logged.settled_at is not None:
        outcome = view.clock_time(logged.settled_at)
        if logged.unsent_reason is not None:
            outcome = view.translate(UNSENT[logged.unsent_reason]) % {"at": outcome}
    message_id = delivery.message_id(webhook.site_id)
    return LogLine(
        message_id, delivery.event.kind.value, delivery.recorded_at, outcome, logged.attempts, logged.last_fault or ""
    )


_FORMS: dict[str, Callable[[View, Webhook], Awaitable[Response]]] = {
    "change": _change,
    "undo": _undo,
    "secret": _replace_secret,
    "replay": _replay_message,
    "replay_since": _replay_since,
}
"""The actions with a form of their own, or with an answer that is shown only once."""
_ACTS: dict[str, tuple[Callable[[AccountWork, int], object], str]] = {
    "pause": (manage.pause_webhook, "paused"),
    "resume": (manage.resume_webhook, "resumed"),
    "skip": (partial(manage.resume_webhook, skip=True), "resumed"),
    "test": (manage.schedule_test, "testing"),
    "delete": (manage.delete_webhook, "removed"),
}
"""The actions not in `_FORMS`: the function of each, and the code of the message that is shown afterwards."""
