"""The list of a site's webhooks, and the form for a new one."""

from sqlalchemy import Connection
from starlette.responses import Response

from dealtrace.accounts.webhook import BodyStyle, Webhook
from dealtrace.cabinet.form_pages import Faults, fault_text, redirect_with_message, show_form_page
from dealtrace.cabinet.gate import not_found_page
from dealtrace.cabinet.labels import PLACE, STATES, STYLES
from dealtrace.cabinet.settings.webhooks.form import WebhookDraft, form_context, read_draft, webhook_faults
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidSetting, WebhookNotFound
from dealtrace.operations.webhooks.change import deleted_webhook
from dealtrace.operations.webhooks.create import NewWebhook, create_webhook
from dealtrace.storage.accounts.change_history import find_site_change
from dealtrace.storage.webhooks.outbox import count_waiting_deliveries
from dealtrace.storage.webhooks.webhooks import list_webhooks


async def show(view: View) -> Response:
    """Show the webhooks, and the form for a new one."""
    return await _page(view, WebhookDraft())


async def create(view: View) -> Response:
    """Create a webhook, or one in place of a deleted webhook; the secret that signs its JSON is shown only once."""
    draft, restored_id, is_paused = read_draft(view), None, False
    if view.form.get("act") == "undo":
        change = await view.read(find_site_change, view.current_site.id, view.form.get("change"))
        former = deleted_webhook(view.current_site.id, change) if change is not None else None
        if former is None:
            return not_found_page(view)
        restored_id, was = former
        is_paused = was.is_paused
        draft = WebhookDraft(was.url, tuple(was.events), ", ".join(was.fields), was.style)
    has_style = draft.style in list(BodyStyle)
    faults = {**({} if has_style else {"style": view.translate("Choose a format.")}), **webhook_faults(view, draft)}
    if faults:
        return await _page(view, draft, faults=faults)
    style = BodyStyle(draft.style)
    new = NewWebhook(view.current_site.id, draft.url, draft.kinds, style, draft.names, is_paused)
    try:
        made = await view.manage(create_webhook, new, restored_id=restored_id)
    except WebhookNotFound:
        return not_found_page(view)
    except InvalidSetting as refusal:
        faults = {"url" if refusal.facts["key"] == "url" else "": fault_text(refusal, view.language)}
        return await _page(view, draft, faults=faults)
    if made.style is not BodyStyle.JSON:
        return redirect_with_message(view, f"{PLACE}/{made.id}", "added")
    return await _page(view, WebhookDraft(), secret=made.secret)


async def _page(view: View, draft: WebhookDraft, *, secret: str = "", faults: Faults | None = None) -> Response:
    webhooks = await view.read(_read, view.current_site.id)
    return show_form_page(
        view,
        "settings/webhooks.html",
        view.translate("Webhooks"),
        faults=faults,
        webhooks=[(webhook, view.translate(STATES[webhook.state]), waiting) for webhook, waiting in webhooks],
        styles=[(value.value, view.translate(label), value == draft.style) for value, label in STYLES.items()],
        secret=secret,
        form=form_context(view, draft),
    )


def _read(connection: Connection, site_id: int) -> list[tuple[Webhook, int]]:
    listed = list_webhooks(connection, site_id)
    return [(webhook, count_waiting_deliveries(connection, site_id, webhook.id)) for webhook in listed]
