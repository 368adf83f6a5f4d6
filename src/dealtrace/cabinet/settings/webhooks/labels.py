"""The labels of the states and formats of webhooks, in English; pages translate them."""

from dealtrace.accounts.webhook import BodyStyle, WebhookState

PLACE = "settings/webhooks"
STATES = {
    WebhookState.ACTIVE: "active",
    WebhookState.FAILING: "failing, retries continue",
    WebhookState.PAUSED: "paused",
}
STYLES = {BodyStyle.FORM: "Form", BodyStyle.GET: "Query string", BodyStyle.JSON: "Signed JSON"}
