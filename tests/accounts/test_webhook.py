"""How a webhook is doing."""

from dataclasses import replace

import pytest

from dealtrace.accounts.webhook import BodyStyle, EventKind, Webhook, WebhookId, WebhookState
from domain_records import NOON

HOOK = Webhook(WebhookId(1), 1, "https://crm.example/", frozenset(EventKind), BodyStyle.FORM, "whsec_", NOON)


def test_a_test_is_awaited_from_asking_to_its_outcome() -> None:
    sent = replace(HOOK, test_asked_at=NOON)
    assert not HOOK.is_test_awaited
    assert sent.is_test_awaited
    assert not replace(sent, test_outcome="").is_test_awaited, "an empty outcome says that it was accepted"


@pytest.mark.parametrize(
    ("webhook", "state", "reason"),
    [
        (HOOK, WebhookState.ACTIVE, None),
        (replace(HOOK, failures=2, last_fault="500"), WebhookState.FAILING, "500"),
        (replace(HOOK, paused_at=NOON, pause_reason="by hand"), WebhookState.PAUSED, "by hand"),
        (
            replace(HOOK, paused_at=NOON, pause_reason="given up", failures=9, last_fault="500"),
            WebhookState.PAUSED,
            "given up",
        ),
    ],
    ids=["new", "failing", "paused by hand", "paused after failures"],
)
def test_a_webhook_has_one_state_and_says_why(webhook: Webhook, state: WebhookState, reason: str | None) -> None:
    assert webhook.state is state
    assert webhook.reason == reason
    assert webhook.is_paused == (state is WebhookState.PAUSED)
    assert webhook.has_failed == (webhook.failures > 0)
