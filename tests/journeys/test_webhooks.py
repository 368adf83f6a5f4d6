"""From something that happens on a running server to a receiver that may be slow, failing, away, or talk too much."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from cast import Player, Stage
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.webhooks.outbox import count_waiting_deliveries
from postgresql import PostgresqlServer
from receiver import Answer, Received, Receiver
from server import REGISTER, ServerProcess, deal_parameters, free_port, http_client
from stored import points_of, versions_of
from waiting import wait_until, wait_until_followed

LOOPBACK = "127.0.0.0/8"
PHONE = "8 (920) 555-00-55"
CLIENT_ORDER = "/lead-service/v1/api/client-order"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.vanish()


class Shop:
    """A site on a server of its own, and what it says and is asked."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        database = open_database(server.database_url)
        self.player: Player = Stage(database).open_site(contact_matching=True)
        database.close()

    def listen(self, url: str, *options: str) -> str:
        """Create a webhook, wait until the server has followed, and return its id."""
        done = self.command("webhook", "create", str(self.player.site.id), url, *options, "--json")
        wait_until_followed(self.server)
        webhook_id: int = httpx.Response(200, content=done).json()["webhookId"]
        return str(webhook_id)

    def command(self, *arguments: str) -> str:
        done = self.server.command(*arguments)
        assert done.returncode == 0, done
        return done.stdout

    def listed(self, webhook_id: str) -> dict[str, Any]:
        rows = httpx.Response(200, content=self.command("webhook", "list", "--json")).json()
        (found,) = [row for row in rows if str(row["webhookId"]) == webhook_id]
        return dict(found)

    def register(self, number: str, **more: Any) -> None:
        answer = self.server.register(self.player.token, orderNumber=number, **more)
        assert answer.status_code == 200, answer.text

    def report(self, **values: Any) -> None:
        sent = {
            "apikey": self.player.token,
            "callid": "17.1",
            "date": "2018-03-26 09:50:00",
            "callerid": PHONE,
            **values,
        }
        answer = self.server.http.get("/event-service/platform/asterisk/inbound-call", params=sent)
        assert answer.status_code == 200, answer.text

    def eventually(self, webhook_id: str, state: str) -> dict[str, Any]:
        """Wait until a webhook is listed with a state, and return what is said of it."""
        wait_until(lambda: self.listed(webhook_id)["state"] == state, pause_seconds=0.5)  # a command takes CPU
        return self.listed(webhook_id)

    def wait_until_delivered(self, webhook_id: str) -> None:
        """Wait until nothing waits: then nothing more is sent."""
        with closing(open_database(self.server.database_url)) as database:

            def waiting() -> int:
                with database.read() as connection:
                    return count_waiting_deliveries(connection, self.player.site.id, int(webhook_id))

            wait_until(lambda: not waiting())


@pytest.fixture
def shop(start_server: Callable[..., ServerProcess]) -> Shop:
    return Shop(start_server(webhook_private_targets=LOOPBACK))


def numbers(received: list[Received]) -> list[str]:
    return [item.pairs["orderNumber"] for item in received]


def test_a_call_and_its_deal_are_stated_as_they_go(shop: Shop, receiver: Receiver) -> None:
    shop.listen(f"{receiver.url}?key=s", "--format", "get")
    shop.report()
    shop.report(duration=570, status="successful")
    shop.register("K-1", phoneNumber=PHONE, linkTimeThreshold=600)
    begun, ended, created, matched, changed = receiver.wait_for(5)
    assert begun.path.startswith("/hook?key=s&leadtype=call&callphase=callconnected&id=")
    assert (begun.pairs["callphase"], ended.pairs["callphase"]) == ("callconnected", "calldisconnected")
    assert ended.pairs["changedFields"].startswith("callphase,duration,")
    assert begun.pairs["id"] == ended.pairs["id"] == created.pairs["callId"] == changed.pairs["id"]
    assert [item.pairs["event"] for item in (created, matched)] == ["create", "match"]
    assert changed.pairs["orderId"] == created.pairs["orderId"]


def test_deals_of_either_api_are_stated_the_same_way(shop: Shop, receiver: Receiver) -> None:
    """The same life of a deal by deals 1.0 and 2.0: the same messages, versions and points."""
    other, second = Receiver(), Shop(shop.server)
    try:
        first_life = life_of_a_deal(shop, receiver, live_by_parameters)
        assert life_of_a_deal(second, other, live_by_lists) == first_life
    finally:
        other.vanish()
    messages, versions, points = first_life
    assert [message.get("event") for message in messages] == ["create", "match", None, "update", "delete"]
    assert [message["orderStatus"] for message in messages if "event" in message] == ["new", "new", "won", "won"]
    assert versions == [(1, "registered"), (2, "changed"), (3, "deleted")]
    assert points == 3


def life_of_a_deal(
    shop: Shop, receiver: Receiver, live: Callable[[Shop], None]
) -> tuple[list[dict[str, str]], list[tuple[int, str]], int]:
    """Let a deal live, and return what the receiver was told, the versions of the deal, and the points it cost.

    Ids and times of sending are left out of the messages, since they differ from life to life, and the service, which
    deals 2.0 do not have.
    """
    shop.report(duration=570, status="successful")
    database = open_database(shop.server.database_url)
    before = points_of(database, shop.player)
    webhook_id = shop.listen(receiver.url, "--format", "form")
    live(shop)
    shop.wait_until_delivered(webhook_id)
    received = [item.pairs for item in receiver.received]
    versions = versions_of(database, shop.player, int(received[0]["orderId"]))
    points = points_of(database, shop.player) - before
    database.close()
    own = {"id", "callId", "orderId", "siteId", "service", "sendingTimestamp", "ctCallerId"}
    messages = [{name: text for name, text in message.items() if name not in own} for message in received]
    return messages, [(version.version, version.kind.value) for version in versions], points


def live_by_parameters(shop: Shop) -> None:
    """Register, change and delete a deal by deals 1.0."""
    shop.register("K-1", phoneNumber=PHONE, linkTimeThreshold=600, orderStatus="new", orderSum="1000")
    token = shop.player.token
    assert shop.server.update(token, orderNumber="K-1", status="won", orderSum="1500").status_code == 200
    assert shop.server.delete(token, orderNumber="K-1").status_code == 200


def live_by_lists(shop: Shop) -> None:
    """Register, change and delete a deal by deals 2.0; each request is repeated, which changes nothing."""
    matcher = {"type": "callContact", "callContactParams": {"phones": [PHONE]}}
    order = {"orderNumber": "K-1", "orderDate": "26-03-2018 10:00:00", "matching": [matcher]}
    for method, document in (
        ("create", {"orders": [{**order, "status": "new", "revenue": "1000"}]}),
        ("update", {"orders": [{"orderNumber": "K-1", "status": "won", "revenue": "1500"}]}),
        ("delete", {"orderNumbers": ["K-1"]}),
    ):
        for _ in range(2):
            headers = {"Access-Token": shop.player.token}
            answer = shop.server.http.post(f"{CLIENT_ORDER}/{method}", headers=headers, json=document)
            assert answer.status_code == 200, answer.text


def test_a_dead_receiver_holds_up_neither_registration_nor_its_neighbour(shop: Shop, receiver: Receiver) -> None:
    slow = Receiver()
    slow.answer = lambda _: Answer(after_seconds=30)
    try:
        shop.listen(slow.url, "--events", "deal.created")
        shop.listen(receiver.url, "--events", "deal.created")
        slow_id = shop.listen(f"http://127.0.0.1:{free_port()}/", "--events", "deal.created")
        for number in range(20):
            shop.register(f"K-{number}")
        assert numbers(receiver.wait_for(20)) == [f"K-{number}" for number in range(20)]
        listed = shop.eventually(slow_id, "failing")
        assert listed["waiting"] == 20
        assert listed["reason"].startswith("cannot connect")
    finally:
        slow.vanish()


def test_what_fails_is_tried_again_in_its_order(shop: Shop, receiver: Receiver) -> None:
    receiver.answer = lambda _: Answer(200 if receiver.received else 500, b"x" * 2_000_000)
    webhook_id = shop.listen(receiver.url, "--events", "deal.created", "--format", "form")
    for number in range(3):
        shop.register(f"K-{number}")
    received = receiver.wait_for(4)
    assert numbers(received) == ["K-0", "K-0", "K-1", "K-2"]
    assert received[0].name == received[1].name, "each attempt has the same name"
    assert received[1].at - received[0].at > 4.5
    shop.eventually(webhook_id, "active")
    shop.wait_until_delivered(webhook_id)


def test_a_receiver_that_vanishes_and_comes_back_gets_everything_once(shop: Shop) -> None:
    first = Receiver()
    webhook_id = shop.listen(first.url, "--events", "deal.created")
    shop.register("K-0")
    first.wait_for(1)
    first.vanish()
    for number in range(1, 4):
        shop.register(f"K-{number}")
    assert shop.eventually(webhook_id, "failing")["waiting"] == 3
    back = Receiver(first.port)
    try:
        shop.command("webhook", "resume", webhook_id)
        assert numbers(back.wait_for(3)) == ["K-1", "K-2", "K-3"]
    finally:
        back.vanish()


def test_nothing_is_lost_when_the_server_is_killed_in_the_middle(shop: Shop, receiver: Receiver) -> None:
    receiver.answer = lambda _: Answer(after_seconds=0.1)
    webhook_id = shop.listen(receiver.url, "--events", "deal.created")
    wanted = [f"K-{number}" for number in range(30)]
    for number in wanted:
        shop.register(number)
    receiver.wait_for(5)
    shop.server.kill()
    shop.command("webhook", "resume", webhook_id)
    shop.server.start()
    shop.wait_until_delivered(webhook_id)
    result = numbers(receiver.received)
    assert list(dict.fromkeys(result)) == wanted, "in order, whatever came twice"
    by_name = {item.name: item.pairs for item in receiver.received}
    assert len(by_name) == len(wanted)


def test_a_stopping_server_keeps_what_was_stated(shop: Shop, receiver: Receiver) -> None:
    receiver.answer = lambda _: Answer(after_seconds=0.3)
    webhook_id = shop.listen(receiver.url, "--events", "deal.created")
    for number in range(6):
        shop.register(f"K-{number}")
    receiver.wait_for(2)
    assert shop.server.stop() == 0
    shop.server.start()
    receiver.wait_for(6)
    shop.wait_until_delivered(webhook_id)
    assert numbers(receiver.received) == [f"K-{number}" for number in range(6)]


def test_private_targets_are_refused_unless_they_are_named(
    start_server: Callable[..., ServerProcess], receiver: Receiver
) -> None:
    """The command that creates one may reach private networks, the server that sends may not."""
    shop = Shop(start_server())
    arguments = ("webhook", "create", str(shop.player.site.id), receiver.url, "--events", "deal.created", "--json")
    allowed = {"DEALTRACE_WEBHOOK_PRIVATE_TARGETS": "127.0.0.0/8"}
    webhook_id = str(json.loads(shop.server.command(*arguments, environment=allowed).stdout)["webhookId"])
    wait_until_followed(shop.server)
    shop.register("K-1")
    assert shop.eventually(webhook_id, "failing")["reason"].startswith("127.0.0.1 is not public")
    assert receiver.received == []


def test_one_that_wants_no_more_is_paused_and_the_log_says_so_without_its_url(shop: Shop, receiver: Receiver) -> None:
    receiver.answer = lambda _: Answer(410, b"")
    webhook_id = shop.listen(f"{receiver.url}?key=secret", "--events", "deal.created")
    shop.register("K-1")
    listed = shop.eventually(webhook_id, "paused")
    assert (listed["reason"], listed["waiting"]) == ("HTTP 410: the receiver accepts no more messages", 1)
    wait_until(lambda: '"event":"webhook_paused"' in shop.server.logged)
    assert "secret" not in shop.server.logged
    wait_until(lambda: "dealtrace_webhooks_paused 1.0" in shop.server.http.get("/metrics").text)
    assert 'dealtrace_webhook_attempts_total{outcome="failed"} 1.0' in shop.server.http.get("/metrics").text


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_two_processes_tell_each_thing_once_and_in_order(
    postgresql_server: PostgresqlServer, start_server: Callable[..., ServerProcess], receiver: Receiver
) -> None:
    url = postgresql_server.create(f"hooks{time.time_ns()}", "dealtrace_template")
    server = start_server(database_url=url, workers=2, webhook_private_targets=LOOPBACK)
    shop = Shop(server)
    webhook_id = shop.listen(receiver.url, "--events", "deal.created")
    wanted, processes = list[str](), set[str]()
    while len(wanted) < 60 or len(processes) < 2:  # both put something into the outbox
        wanted.append(f"K-{len(wanted)}")
        parameters = deal_parameters(shop.player.token, orderNumber=wanted[-1])
        with http_client() as caller:  # a connection each
            answer = caller.get(server.url + REGISTER, params=parameters)
        processes.add(answer.headers["x-request-id"].partition("-")[0])
    receiver.wait_for(len(wanted))
    shop.wait_until_delivered(webhook_id)
    assert numbers(receiver.received) == wanted
