"""The form for the URL, events and fields of a webhook, new or stored."""

from collections.abc import Mapping, Sequence

from dealtrace.accounts.webhook import EventKind, Webhook
from dealtrace.cabinet.form_pages import fault_text
from dealtrace.cabinet.view import View
from dealtrace.errors import InvalidSetting
from dealtrace.record import record
from dealtrace.webhooks.chosen_fields import check_fields, split_names


@record
class WebhookDraft:
    """The contents of the form; `style` is the format, and `fields` has names of fields separated by commas."""

    url: str = ""
    events: Sequence[str] = tuple(EventKind)
    fields: str = ""
    style: str = ""

    @property
    def kinds(self) -> frozenset[EventKind]:
        """Return the chosen events."""
        return frozenset(kind for kind in EventKind if kind in self.events)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the chosen fields."""
        return split_names(self.fields)


def read_draft(view: View) -> WebhookDraft:
    """Return the contents of the form that was sent."""
    form = view.form
    return WebhookDraft(form.get("url").strip(), form.all("event"), form.get("fields").strip(), form.get("style"))


def draft_of(webhook: Webhook) -> WebhookDraft:
    """Return the contents of the form for a stored webhook."""
    return WebhookDraft(webhook.url, tuple(webhook.events), ", ".join(webhook.fields), webhook.style)


def webhook_faults(view: View, draft: WebhookDraft) -> dict[str, str]:
    """Return the error messages about the events and fields, by form field; empty if there are none."""
    if not draft.kinds:
        return {"event": view.translate("Choose at least one event.")}
    keys_of = {kind: view.services.webhook_fields(kind) for kind in EventKind if kind in draft.kinds}
    try:
        check_fields(draft.names, keys_of)
    except InvalidSetting as refusal:
        return {"fields": fault_text(refusal, view.language)}
    return {}


def form_context(view: View, draft: WebhookDraft) -> Mapping[str, object]:
    """Return the context of the form's template: the draft, the events, and the names of the fields of each event."""
    return {
        "draft": draft,
        "events": [(kind.value, kind in draft.events) for kind in EventKind],
        "field_names": [(kind.value, ", ".join(view.services.webhook_fields(kind))) for kind in EventKind],
    }
