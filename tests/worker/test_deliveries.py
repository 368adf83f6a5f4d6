"""Webhooks whose deliveries cannot be written, or whose outcome cannot be stored."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from account_work import account_work
from auditor import audited_statements
from cast import Player, Stage
from dealtrace import clock
from dealtrace.accounts.webhook import BodyStyle, EventKind, Webhook, WebhookId
from dealtrace.deals.deal import DealId
from dealtrace.operations.webhooks.create import NewWebhook, create_webhook
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.webhooks.outbox import acknowledge_deliveries, insert_deliveries, list_latest_deliveries
from dealtrace.storage.webhooks.webhooks import find_webhook, list_webhooks, update_webhook
from dealtrace.webhooks.delivery import Delivery, LoggedDelivery, OutboxPosition, UnsentReason
from dealtrace.webhooks.event import DealEvent
from dealtrace.webhooks.http_request import Message
from dealtrace.worker import deliveries
from dealtrace.worker.deliveries import Deliveries
from dealtrace.worker.webhook_client import WebhookClient
from waiting import until
from write_commands import run


class Writer:
    """Writes messages, or none, or breaks; `calls` counts how often it was asked."""

    def __init__(self, *, is_broken: bool = False, finds_nothing: bool = False) -> None:
        self._is_broken = is_broken
        self._finds_nothing = finds_nothing
        self.calls = 0

    def __call__(self, *asked: Any) -> dict[OutboxPosition, Message]:
        self.calls += 1
        if self._is_broken:
            raise KeyError("no such field")
        sent: Sequence[Delivery] = [] if self._finds_nothing else asked[3]
        return {delivery.position: Message("id", "deal.created", clock.now(), {}) for delivery in sent}


def listening(stage: Stage, shop: Player, **values: Any) -> WebhookId:
    """Store a webhook with these values and a delivery that waits, and return its id."""
    stage.ids.ensure(1)
    wanted = NewWebhook(shop.site.id, "http://localhost/", frozenset(EventKind), BodyStyle.JSON)
    with stage.database.write() as connection:
        webhook = create_webhook(account_work(connection, clock.now(), stage.ids), wanted)
        if values:
            update_webhook(connection, webhook.id, values)
        created = DealEvent(EventKind.DEAL_CREATED, DealId(1), 1)
        insert_deliveries(connection, shop.site.id, [(webhook.id, created)], clock.now())
    return webhook.id


def webhook_of(stage: Stage, webhook_id: WebhookId) -> Webhook:
    with stage.database.read() as connection:
        webhook = find_webhook(connection, webhook_id)
    assert webhook is not None
    return webhook


def test_the_webhooks_of_a_site_are_looked_at_in_one_statement_however_many(stage: Stage, shop: Player) -> None:
    neighbour = stage.open_site()
    waiting = [listening(stage, player) for player in (shop, shop, shop, neighbour, shop)]
    later = listening(stage, shop, next_attempt_at=clock.now() + timedelta(hours=1))
    with stage.database.write() as connection:
        acknowledge_deliveries(connection, shop.site.id, waiting[0], [OutboxPosition(1)], clock.now())
    seen: list[str] = []
    event.listen(stage.database.reader, "before_cursor_execute", lambda *call: seen.append(call[2]))
    with stage.database.read() as connection, audited_statements() as complaints:
        found = deliveries._find_due(connection, list_webhooks(connection), clock.now())
    assert not complaints
    assert {webhook_id for webhook_id, _ in found} == set(waiting[1:])
    assert later not in {webhook_id for webhook_id, _ in found}
    assert {site.id for webhook_id, site in found if webhook_id == waiting[3]} == {neighbour.site.id}
    assert len([statement for statement in seen if "webhook_outbox" in statement]) == 2


def deliver_until(stage: Stage, writer: Writer, is_over: Any) -> None:
    """Deliver until something has happened, and for two polls more."""
    poll, polls = Deliveries._poll, list[None]()

    async def poll_and_count(sender: Deliveries) -> None:
        await poll(sender)
        polls.append(None)

    async def story() -> None:
        read_pool = ReadPool(stage.database, 2)
        queue = WriteQueue(stage.database, clock.now, queue_max=100, batch_max=10, patience_seconds=1)
        sender = Deliveries(
            read_pool,
            queue,
            WebhookClient(()),
            write_messages=writer,
            write_test=lambda _webhook, now: Message("id", "test", now, {}),
        )
        await until(is_over)
        before = len(polls)
        await until(lambda: len(polls) > before + 2)  # the first may have begun before
        await sender.stop()
        await queue.stop()
        read_pool.stop()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Deliveries, "_poll", poll_and_count)
        run(story)


def log_of(stage: Stage, shop: Player, webhook_id: WebhookId) -> LoggedDelivery:
    """Return what became of the only delivery of a webhook."""
    with stage.database.read() as connection:
        (logged,) = list_latest_deliveries(connection, shop.site.id, webhook_id, 2)
    return logged


def test_a_delivery_without_a_message_is_logged_as_not_sent(stage: Stage, shop: Player) -> None:
    webhook_id = listening(stage, shop)
    deliver_until(stage, Writer(finds_nothing=True), lambda: log_of(stage, shop, webhook_id).settled_at)
    logged, webhook = log_of(stage, shop, webhook_id), webhook_of(stage, webhook_id)
    assert (logged.unsent_reason, logged.attempts, logged.last_fault) == (UnsentReason.DELETED, None, None)
    assert (webhook.delivered_at, webhook.has_failed) == (None, False)


@pytest.mark.parametrize(
    ("values", "is_broken", "reason"),
    [
        ({}, True, "the message cannot be composed because of an error in Dealtrace: KeyError"),
        (
            {"secret": "whsec_not base64"},
            False,
            "the message cannot be composed because of an error in Dealtrace: Error",
        ),
        ({"url": "http://xn--a.example/"}, False, "cannot be sent: InvalidCodepoint"),
        ({"url": "nothing"}, False, "invalid answer"),
        ({"url": "http://127.0.0.1/"}, False, "127.0.0.1 is not public"),
    ],
)
def test_whatever_prevents_a_delivery_backs_off(
    stage: Stage, shop: Player, values: dict[str, str], is_broken: bool, reason: str
) -> None:
    webhook_id, writer = listening(stage, shop, **values), Writer(is_broken=is_broken)
    deliver_until(stage, writer, lambda: webhook_of(stage, webhook_id).failures)
    failed = webhook_of(stage, webhook_id)
    assert (failed.failures, writer.calls) == (1, 1)
    logged = log_of(stage, shop, webhook_id)
    assert (logged.settled_at, logged.attempts, logged.last_fault) == (None, 1, failed.last_fault)
    assert failed.last_fault is not None
    assert failed.last_fault.startswith(reason)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_webhook_whose_outcome_cannot_be_stored_is_left_alone_for_a_while(
    stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: Any) -> Any:
        raise KeyError("a bug")

    break_down.ids_per_command = break_down.ids_per_item = 0  # type: ignore[attr-defined]
    monkeypatch.setattr(deliveries, "acknowledge_deliveries", break_down)
    listening(stage, shop)
    writer = Writer()
    deliver_until(stage, writer, lambda: writer.calls)
    assert writer.calls == 1
