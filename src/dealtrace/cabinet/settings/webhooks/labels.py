"""The labels of states and formats of webhooks and of unsent messages, in English; pages translate them."""

from dealtrace.accounts.webhook import BodyStyle, WebhookState
from dealtrace.webhooks.delivery import UnsentReason

PLACE = "settings/webhooks"
STATES = {
    WebhookState.ACTIVE: "active",
    WebhookState.FAILING: "failing, retries continue",
    WebhookState.PAUSED: "paused",
}
STYLES = {BodyStyle.FORM: "Form", BodyStyle.GET: "Query string", BodyStyle.JSON: "Signed JSON"}
UNSENT = {
    UnsentReason.SKIPPED: "skipped %(at)s",
    UnsentReason.DELETED: "not sent, the lead or alert was deleted: %(at)s",
}
