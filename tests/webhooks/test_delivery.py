"""The name of a delivery."""

import pytest

from dealtrace.accounts.webhook import EventKind, WebhookId
from dealtrace.deals.deal import DealId
from dealtrace.webhooks.delivery import Delivery, OutboxPosition, outbox_position
from dealtrace.webhooks.event import DealEvent
from domain_records import NOON


def test_a_delivery_is_found_by_its_name() -> None:
    event = DealEvent(EventKind.DEAL_CREATED, DealId(7), 1)
    name = Delivery(WebhookId(12), OutboxPosition(345), event, NOON).message_id(1)
    assert name == "msg_1_12_345"
    assert outbox_position(name, 1, 12) == 345


@pytest.mark.parametrize(
    "name", ["", "msg_1_12_", "msg_2_12_345", "msg_1_1_2345", "msg_1_12_x", "msg_1_12_²", "msg_1_12_" + "9" * 17, "345"]
)
def test_another_name_is_none_of_its(name: str) -> None:
    assert outbox_position(name, 1, 12) is None
