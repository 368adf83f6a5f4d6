"""Deliveries are taken in hand by one process at a time, and what became of them decides what comes next."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.clock_set_back import CLOCKS_APART_MAX
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.accounts.webhook import BodyStyle, EventKind, Webhook, WebhookId
from dealtrace.errors import DeliveryNotFound, InvalidSetting, SiteNotFound, WebhookNotFound
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.webhooks import manage
from dealtrace.operations.webhooks.create import URL_LENGTH_MAX, WEBHOOKS_MAX, NewWebhook, create_webhook
from dealtrace.operations.webhooks.deliver import (
    DELIVERIES_AT_ONCE,
    KEPT_FOR,
    LEASE,
    Claim,
    ClaimedDeliveries,
    DeliveryReport,
    acknowledge_deliveries,
    claim_deliveries,
    sweep_outbox,
)
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.accounts.change_history import list_site_changes
from dealtrace.storage.accounts.revision import find_revision
from dealtrace.storage.accounts.sites import find_site
from dealtrace.storage.webhooks import webhooks
from dealtrace.storage.webhooks.outbox import (
    count_waiting_deliveries,
    list_latest_deliveries,
    list_waiting_deliveries,
)
from dealtrace.storage.webhooks.webhooks import find_webhook, list_webhooks
from dealtrace.webhooks.delivery import LoggedDelivery, OutboxPosition, UnsentReason
from dealtrace.webhooks.retry import FAULT_LENGTH_MAX, TRIED_FOR, Fault, Pause
from stored import side_by_side
from write_commands import NOON, registration

SECOND = timedelta(seconds=1)
FAULT = Fault("HTTP 500", "Ivan is unknown")
URL = "https://crm.example/hook?key=s"


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


@dataclass
class Desk:
    """A webhook of a site, and a process that serves it."""

    stage: Stage
    player: Player
    hook_id: WebhookId

    def register(self, count: int) -> None:
        sent = [registration(f"{self.waiting}-{number}") for number in range(count)]
        self.stage.perform(register_deals, self.player, *sent, now=NOON)

    def claim(self, holder: str = "me", now: datetime = NOON) -> ClaimedDeliveries | None:
        (outcome,) = self.stage.perform(claim_deliveries, self.player, Claim(self.hook_id, holder), now=now)
        assert outcome is None or isinstance(outcome, ClaimedDeliveries)
        return outcome

    def acknowledge(
        self, delivered: int, fault: Fault | None = None, *, holder: str = "me", now: datetime = NOON, **more: Any
    ) -> Pause | None:
        report = DeliveryReport(Claim(self.hook_id, holder), self.positions[:delivered], fault, 0.0, **more)
        (outcome,) = self.stage.perform(acknowledge_deliveries, self.player, report, now=now)
        assert outcome is None or isinstance(outcome, Pause)
        return outcome

    def manage(self, change: Callable[..., Any], *arguments: Any, now: datetime = NOON, **more: Any) -> Any:
        with self.stage.database.write() as connection:
            return change(account_work(connection, now), self.hook_id, *arguments, **more)

    @property
    def hook(self) -> Webhook:
        with self.stage.database.read() as connection:
            found = find_webhook(connection, self.hook_id)
        assert found is not None
        return found

    @property
    def positions(self) -> list[OutboxPosition]:
        with self.stage.database.read() as connection:
            return [
                delivery.position
                for delivery in list_waiting_deliveries(connection, self.player.site.id, self.hook_id, 1000)
            ]

    @property
    def waiting(self) -> int:
        with self.stage.database.read() as connection:
            return count_waiting_deliveries(connection, self.player.site.id, self.hook_id)


def wanted(player: Player, url: str = URL) -> NewWebhook:
    return NewWebhook(player.site.id, url, frozenset(EventKind), BodyStyle.JSON, ("orderId",))


@pytest.fixture
def desk(stage: Stage, shop: Player) -> Desk:
    stage.ids.ensure(WEBHOOKS_MAX)
    with stage.database.write() as connection:
        hook = create_webhook(account_work(connection, NOON, stage.ids), wanted(shop))
        site = find_site(connection, shop.site.id)
    assert site is not None
    return Desk(stage, replace(shop, site=site), hook.id)


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_who_takes_over_is_not_handed_what_was_stated_a_moment_ago(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.register(3)
    assert desk.claim("first") is not None
    lease = webhooks.lease_webhook

    def lease_once_the_first_has_settled(*asked: Any) -> bool:
        monkeypatch.undo()
        desk.acknowledge(3, holder="first")
        return lease(*asked)

    monkeypatch.setattr(webhooks, "lease_webhook", lease_once_the_first_has_settled)
    in_hand = desk.claim("second")
    assert in_hand is not None
    assert in_hand.deliveries == []
    desk.acknowledge(0, holder="second")
    desk.register(4)
    assert (third := desk.claim("third")) is not None
    assert len(third.deliveries) == 1


def test_a_webhook_is_kept_as_it_was_wanted_and_servers_are_notified(stage: Stage, shop: Player) -> None:
    with stage.database.write() as connection:
        before = find_revision(connection)
        made = create_webhook(account_work(connection, NOON, stage.ids), wanted(shop))
        assert find_webhook(connection, made.id) == made
        assert find_revision(connection) > before
    assert (made.url, made.fields, made.style, made.events) == (URL, ("orderId",), BodyStyle.JSON, frozenset(EventKind))
    assert made.secret.startswith("whsec_")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "crm.example/hook",
        "ftp://crm.example/",
        "https://",
        "https://user:password@crm.example/",
        "https://crm.example/#part",
        "https://crm.example/a b",
        "https://crm.example/\nx",
        "https://пример.рф/",
        "https://crm.example:0/",
        "https://crm.example:99999/",
        "https://[::1/",
        "https://crm.example/" + "x" * URL_LENGTH_MAX,
    ],
)
def test_a_url_that_cannot_be_sent_to_is_refused(stage: Stage, shop: Player, url: str) -> None:
    with stage.database.write() as connection:
        with pytest.raises(InvalidSetting, match="https://host/path is expected"):
            create_webhook(account_work(connection, NOON, stage.ids), wanted(shop, url))
        assert list_webhooks(connection, shop.site.id) == []


@pytest.mark.parametrize(
    "host",
    [
        "xn--a.example",
        "XN--A.example",
        "xn--.example",
        "www.xn--zzzzzzzz99.example",
        "x" * 64 + ".example",
        ".".join(["x" * 60] * 5),
        "a..example",
        ".example",
        "-a.example",
        "a-.example",
        "a!b.example",
        "exa%41mple.com",
        "[::g]",
        "[1.2.3.4]",
        "[fe80::1%25eth0]",
    ],
)
def test_a_name_that_no_host_can_have_is_refused(stage: Stage, shop: Player, host: str) -> None:
    with stage.database.write() as connection:
        with pytest.raises(InvalidSetting, match=r"cannot be the name of a host|https://host/path is expected"):
            create_webhook(account_work(connection, NOON, stage.ids), wanted(shop, f"https://{host}/hook"))
        assert list_webhooks(connection, shop.site.id) == []


@pytest.mark.parametrize(
    "host",
    ["localhost", "a.example.", "xn--fa-hia.example", "xn--e1afmkfd.xn--p1ai", "my_crm.local", "8.8.8.8", "[2a00::1]"],
)
def test_any_name_of_a_host_is_accepted(stage: Stage, shop: Player, host: str) -> None:
    stage.ids.ensure(1)
    with stage.database.write() as connection:
        assert create_webhook(account_work(connection, NOON, stage.ids), wanted(shop, f"https://{host}:8443/hook")).url


def test_a_site_has_so_many_webhooks_and_no_more(stage: Stage, shop: Player) -> None:
    stage.ids.ensure(WEBHOOKS_MAX)
    with stage.database.write() as connection:
        for _ in range(WEBHOOKS_MAX):
            create_webhook(account_work(connection, NOON, stage.ids), wanted(shop))
        with pytest.raises(InvalidSetting, match="delete one"):
            create_webhook(account_work(connection, NOON, stage.ids), wanted(shop))


def test_a_site_that_is_not_there_gets_none(stage: Stage, shop: Player) -> None:
    with stage.database.write() as connection, pytest.raises(SiteNotFound):
        create_webhook(account_work(connection, NOON, stage.ids), replace(wanted(shop), site_id=404))


def test_nothing_is_in_hand_while_nothing_waits(desk: Desk) -> None:
    assert desk.claim() is None
    desk.register(1)
    in_hand = desk.claim()
    assert in_hand is not None
    assert [delivery.position for delivery in in_hand.deliveries] == desk.positions


def test_so_many_are_in_hand_at_once_the_first_first(desk: Desk) -> None:
    desk.register(DELIVERIES_AT_ONCE + 1)
    in_hand = desk.claim()
    assert in_hand is not None
    assert [delivery.position for delivery in in_hand.deliveries] == desk.positions[:DELIVERIES_AT_ONCE]


def test_one_process_serves_a_webhook_until_it_lets_go_or_its_lease_runs_out(desk: Desk) -> None:
    desk.register(2)
    assert desk.claim("me") is not None
    assert desk.claim("me") is not None
    assert desk.claim("another", NOON + LEASE) is None
    assert desk.claim("another", NOON + LEASE + SECOND) is not None
    assert desk.acknowledge(1, holder="me") is None
    assert desk.hook.delivered_at is None, "who lost the webhook says nothing of it any more"
    assert desk.waiting == 1, "but what was told was told"
    desk.acknowledge(1, holder="another")
    assert desk.waiting == 0


def test_a_server_whose_clock_is_a_little_behind_leaves_a_lease_alone(desk: Desk) -> None:
    desk.register(1)
    assert desk.claim("me") is not None
    assert desk.claim("another", NOON - timedelta(milliseconds=50)) is None
    assert desk.claim("another", NOON - CLOCKS_APART_MAX) is None
    assert desk.claim("another", NOON - CLOCKS_APART_MAX - SECOND) is not None, "the first clock was wrong"


def test_of_two_processes_that_ask_at_the_same_moment_one_is_served(desk: Desk) -> None:
    desk.register(1)

    def claim(holder: str) -> Callable[[Connection], Any]:
        commands = [WriteCommand(Claim(desk.hook_id, holder))]
        return lambda connection: claim_deliveries(desk.stage.work(connection, desk.player, NOON), commands)

    (first,), (second,) = side_by_side(desk.stage.database, claim("one"), claim("another"))
    assert first is not None
    assert second is None


def test_a_fault_leaves_the_rest_for_later_and_says_why(desk: Desk) -> None:
    desk.register(3)
    desk.claim()
    assert desk.acknowledge(1, FAULT) is None
    hook = desk.hook
    assert (hook.failures, hook.failing_since, hook.last_fault) == (1, NOON, "HTTP 500")
    assert hook.next_attempt_at == NOON + 5 * SECOND
    assert hook.delivered_at == NOON
    assert desk.waiting == 2
    assert desk.claim(now=NOON + 4 * SECOND) is None
    assert desk.claim(now=NOON + 5 * SECOND) is not None


def test_failures_count_from_the_first_in_a_row(desk: Desk) -> None:
    desk.register(3)
    desk.acknowledge(0, FAULT)
    desk.claim(now=NOON + 60 * SECOND)
    desk.acknowledge(0, FAULT, now=NOON + 60 * SECOND)
    assert (desk.hook.failures, desk.hook.failing_since) == (1, NOON + 60 * SECOND), "nobody held it the first time"
    desk.claim(now=NOON + 120 * SECOND)
    desk.acknowledge(0, FAULT, now=NOON + 120 * SECOND)
    assert (desk.hook.failures, desk.hook.failing_since) == (2, NOON + 60 * SECOND)
    desk.claim(now=NOON + 180 * SECOND)
    desk.acknowledge(1, FAULT, now=NOON + 180 * SECOND)
    assert (desk.hook.failures, desk.hook.failing_since) == (1, NOON + 180 * SECOND)
    desk.claim(now=NOON + 240 * SECOND)
    desk.acknowledge(2, now=NOON + 240 * SECOND)
    assert (desk.hook.failures, desk.hook.failing_since, desk.hook.last_fault) == (0, None, None)


def test_three_days_without_a_success_pause_it_and_what_waits_stays(desk: Desk) -> None:
    desk.register(2)
    desk.claim()
    desk.acknowledge(0, FAULT)
    later = NOON + TRIED_FOR
    desk.claim(now=later)
    assert desk.acknowledge(0, FAULT, now=later) == Pause("nothing was accepted for 3 days; last error: HTTP 500")
    assert desk.hook.pause_reason == "nothing was accepted for 3 days; last error: HTTP 500"
    desk.register(1)
    assert desk.claim(now=later + TRIED_FOR) is None
    desk.manage(manage.resume_webhook, now=later)
    assert (desk.hook.pause_reason, desk.hook.failures, desk.hook.next_attempt_at) == (None, 0, None)
    in_hand = desk.claim(now=later)
    assert in_hand is not None
    assert len(in_hand.deliveries) == 3


def test_a_pause_by_hand_outlives_an_attempt_that_was_under_way(desk: Desk) -> None:
    desk.register(1)
    desk.claim()
    desk.manage(manage.pause_webhook)
    assert desk.acknowledge(0, Fault("HTTP 410", is_final=True)) is None
    assert desk.hook.pause_reason == manage.BY_HAND


def states_of(desk: Desk) -> list[tuple[str, str]]:
    """Return the recorded changes of the state of webhooks, oldest first."""
    with desk.stage.database.read() as connection:
        found = list_site_changes(connection, desk.player.site.id, most=100, kinds=[ChangeKind.WEBHOOK])
    return [(change.before, change.after) for change in sorted(found, key=lambda change: change.changed_at)]


def test_a_pause_keeps_its_time_and_reason_and_is_recorded_once(desk: Desk) -> None:
    desk.register(1)
    desk.claim()
    desk.acknowledge(0, Fault("HTTP 410", is_final=True))
    paused_at, reason = desk.hook.paused_at, desk.hook.pause_reason
    known = states_of(desk)
    desk.manage(manage.pause_webhook, now=NOON + SECOND)
    assert (desk.hook.paused_at, desk.hook.pause_reason) == (paused_at, reason)
    assert states_of(desk) == known
    desk.manage(manage.resume_webhook, now=NOON + 2 * SECOND)
    desk.manage(manage.pause_webhook, now=NOON + 3 * SECOND)
    desk.manage(manage.delete_webhook, now=NOON + 4 * SECOND)
    assert states_of(desk)[len(known) :] == [("paused", "works"), ("works", "paused"), ("paused", "")]


def test_resuming_a_webhook_that_is_not_paused_tries_again_at_once_and_is_no_change(desk: Desk) -> None:
    desk.register(1)
    desk.claim()
    desk.acknowledge(0, FAULT)
    known = states_of(desk)
    assert desk.hook.next_attempt_at is not None
    desk.manage(manage.resume_webhook, now=NOON + SECOND)
    assert (desk.hook.failures, desk.hook.next_attempt_at, desk.hook.paused_at) == (0, None, None)
    assert states_of(desk) == known
    assert desk.claim(now=NOON + SECOND) is not None
    desk.manage(manage.delete_webhook, now=NOON + 2 * SECOND)
    assert states_of(desk) == [*known, ("works", "")]


def test_resuming_can_skip_what_the_receiver_chokes_on(desk: Desk) -> None:
    desk.register(2)
    first, second = desk.positions
    desk.manage(manage.resume_webhook, skip=True)
    assert desk.positions == [second]
    assert desk.manage(manage.replay_message, f"msg_{desk.player.site.id}_{desk.hook_id}_{first}") == 1
    assert desk.positions == [first, second]


def logged(desk: Desk) -> list[LoggedDelivery]:
    """Return what became of each delivery, oldest first."""
    with desk.stage.database.read() as connection:
        return list_latest_deliveries(connection, desk.player.site.id, desk.hook_id, 100)[::-1]


def test_the_log_tells_what_was_sent_from_what_was_skipped_or_deleted_and_counts_attempts(desk: Desk) -> None:
    desk.register(4)
    refused, skipped, needless, waiting = desk.positions
    long, hours = Fault("HTTP 503" * 100), [NOON + timedelta(hours=number) for number in range(6)]

    def serve(hour: int, delivered: int, fault: Fault | None = None, **more: Any) -> None:
        assert desk.claim(now=hours[hour]) is not None
        desk.acknowledge(delivered, fault, now=hours[hour], **more)

    serve(0, 0, FAULT, failed=refused)
    serve(1, 0, FAULT, failed=refused)
    serve(2, 1, long, failed=skipped)
    desk.manage(manage.resume_webhook, skip=True, now=hours[3])
    serve(4, 0, needless=[needless])
    first, second, third, last = logged(desk)
    assert (first.settled_at, first.unsent_reason) == (hours[2], None)
    assert (first.attempts, first.last_fault) == (3, FAULT.reason)
    assert (second.settled_at, second.unsent_reason) == (hours[3], UnsentReason.SKIPPED)
    assert (second.attempts, second.last_fault) == (1, long.reason[:FAULT_LENGTH_MAX])
    assert (third.settled_at, third.unsent_reason) == (hours[4], UnsentReason.DELETED)
    assert (third.attempts, third.last_fault) == (None, None)
    assert last == LoggedDelivery(last.delivery)
    assert (desk.hook.delivered_at, desk.hook.failures) == (hours[2], 0), "what needed no message was not delivered"
    assert desk.manage(manage.replay_message, f"msg_{desk.player.site.id}_{desk.hook_id}_{skipped}") == 1
    serve(5, 1)
    again = logged(desk)[1]
    assert (again.settled_at, again.unsent_reason, again.attempts) == (hours[5], None, 2)
    assert desk.positions == [waiting]


def test_what_was_told_is_replayed_from_a_moment_on_in_its_order(desk: Desk) -> None:
    desk.register(2)
    positions = desk.positions
    desk.acknowledge(2)
    wall_clock = datetime(2018, 3, 26, 12, 0, 1)  # noqa: DTZ001 - as a person types it
    assert desk.manage(manage.replay_since, wall_clock) == 0
    assert desk.manage(manage.replay_since, wall_clock - SECOND) == 2, "NOON is twelve on the site's clock"
    assert desk.manage(manage.replay_since, NOON) == 0, "they wait already"
    assert desk.positions == positions


@pytest.mark.parametrize("name", ["msg_1_2_3", "x", "msg_{site}_{hook}_999"])
def test_a_message_that_was_never_sent_cannot_be_replayed(desk: Desk, name: str) -> None:
    message_id = name.format(site=desk.player.site.id, hook=desk.hook_id)
    with pytest.raises(DeliveryNotFound, match="never sent"):
        desk.manage(manage.replay_message, message_id)


def test_a_test_is_in_hand_though_the_webhook_is_paused_and_once(desk: Desk) -> None:
    desk.register(1)
    desk.manage(manage.pause_webhook)
    desk.manage(manage.schedule_test)
    in_hand = desk.claim()
    assert in_hand is not None
    assert (in_hand.webhook.is_test_awaited, list(in_hand.deliveries)) == (True, [])
    desk.acknowledge(0, test_outcome="HTTP 404")
    assert desk.hook.test_outcome == "HTTP 404"
    assert desk.claim() is None
    desk.manage(manage.schedule_test)
    desk.manage(manage.cancel_test)
    assert desk.claim() is None


def test_a_webhook_that_is_deleted_leaves_nothing(desk: Desk) -> None:
    desk.register(2)
    desk.claim()
    desk.manage(manage.delete_webhook)
    assert desk.waiting == 0
    (outcome,) = desk.stage.perform(claim_deliveries, desk.player, Claim(desk.hook_id, "me"))
    assert outcome is None
    report = DeliveryReport(Claim(desk.hook_id, "me"), [OutboxPosition(1)], FAULT, 0.0)
    assert desk.stage.perform(acknowledge_deliveries, desk.player, report) == [None]


@pytest.mark.parametrize(
    ("change", "arguments"),
    [
        (manage.pause_webhook, ()),
        (manage.resume_webhook, ()),
        (manage.schedule_test, ()),
        (manage.replay_since, (NOON,)),
        (manage.replay_message, ("msg_1_2_3",)),
        (manage.delete_webhook, ()),
    ],
)
def test_a_webhook_that_is_not_there_is_named(
    stage: Stage, change: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    with stage.database.write() as connection, pytest.raises(WebhookNotFound, match="404"):
        change(account_work(connection, NOON), 404, *arguments)


def test_what_is_too_old_is_forgotten_stated_or_not(desk: Desk) -> None:
    desk.register(2)
    desk.acknowledge(1)
    assert desk.stage.perform(sweep_outbox, desk.player, KEPT_FOR, now=NOON + KEPT_FOR) == [0]
    assert desk.stage.perform(sweep_outbox, desk.player, KEPT_FOR, now=NOON + KEPT_FOR + SECOND) == [2]
    assert desk.waiting == 0
