"""The words for the states and formats of webhooks."""

from dealtrace.accounts.webhook import BodyStyle, WebhookState

PLACE = "settings/webhooks"
STATES = {
    WebhookState.ACTIVE: "active",
    WebhookState.FAILING: "failing, retries continue",
    WebhookState.PAUSED: "paused",
}
STYLES = {BodyStyle.FORM: "Form", BodyStyle.GET: "Query string", BodyStyle.JSON: "Signed JSON"}
