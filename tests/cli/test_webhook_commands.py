"""`dealtrace webhook` in a terminal."""

from collections.abc import Iterator

import pytest

from cast import Player, Stage
from commands import Terminal
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.webhooks.webhooks import update_webhook
from receiver import Answer, Receiver
from server import ServerProcess
from waiting import wait_until

URL = "https://crm.example/hook"


@pytest.fixture
def site(terminal: Terminal) -> str:
    return str(terminal.json("site", "create", "Shop")["siteId"])


def test_it_is_created_listed_paused_resumed_and_deleted(terminal: Terminal, site: str) -> None:
    made = terminal.done("webhook", "create", site, URL, "--events", "deal, call.connected", "--fields", "orderId,id")
    webhook_id = made.out.split()[1]
    assert made.out == f"Webhook {webhook_id} created. To test it: dealtrace webhook test {webhook_id}\n"
    (row,) = terminal.json("webhook", "list", site)
    assert row == {
        "webhookId": int(webhook_id),
        "siteId": int(site),
        "url": URL,
        "format": "form",
        "events": [
            "call.connected", "deal.created", "deal.changed", "deal.deleted", "deal.restored", "deal.matched",
        ],
        "fields": ["orderId", "id"],
        "state": "active",
        "reason": None,
        "failures": 0,
        "failingSince": None,
        "nextAttempt": None,
        "lastDelivered": None,
        "waiting": 0,
    }  # fmt: skip
    assert terminal.done("webhook", "pause", webhook_id).out == f"Webhook {webhook_id} paused.\n"
    shown = terminal.done("webhook", "list").out
    assert f"{webhook_id}  site {site}  paused, 0 waiting" in shown
    assert "    by hand\n" in shown
    assert "    fields: orderId, id\n" in shown
    assert terminal.done("webhook", "resume", webhook_id, "--skip").out == f"Webhook {webhook_id} resumed.\n"
    assert terminal.done("webhook", "delete", webhook_id).out == f"Webhook {webhook_id} deleted.\n"
    assert terminal.json("webhook", "list") == []


def test_the_secret_of_json_is_shown_once(terminal: Terminal, site: str) -> None:
    result = terminal.done("webhook", "create", site, URL, "--format", "json").out
    assert "The signing secret, shown only once:\nwhsec_" in result
    assert "whsec_" not in terminal.done("webhook", "list").out
    assert "all events" in terminal.done("webhook", "list").out
    assert terminal.json("webhook", "create", site, URL)["secret"].startswith("whsec_")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["1", "crm.example"], "https://host/path is expected"),
        (["404", URL], "404"),
        (["1", URL, "--events", "deals"], "--events: unknown event deals. Available: call.connected, "),
        (["1", URL, "--events", " ,"], "--events: give at least one"),
        (["1", URL, "--fields", "orderid"], "--fields: no chosen event has the field orderid"),
        (["1", URL, "--events", "deal,call", "--fields", "orderId,event"], "call.connected has none of the chosen"),
        (["1", URL, "--events", "deal", "--fields", "duration"], "--fields: no chosen event has the field duration"),
    ],
)
def test_what_cannot_be_created_says_why(terminal: Terminal, site: str, arguments: list[str], word: str) -> None:
    assert word in terminal.refused("webhook", "create", *arguments)
    assert terminal.json("webhook", "list", site) == []


@pytest.mark.parametrize(
    "arguments",
    [["pause", "7"], ["resume", "7"], ["delete", "7"], ["test", "7"], ["replay", "7", "--since", "2026-11-24"]],
)
def test_one_that_is_not_there_is_named(terminal: Terminal, site: str, arguments: list[str]) -> None:
    del site
    assert "Webhook 7 not found" in terminal.refused("webhook", *arguments)
    assert "404" in terminal.refused("webhook", "list", "404")


def test_a_replay_names_a_moment_or_a_message(terminal: Terminal, site: str) -> None:
    webhook_id = str(terminal.json("webhook", "create", site, URL)["webhookId"])
    for arguments in ([], ["--since", "2026-11-24", "--message", "msg_1_2_3"]):
        assert "Give either --since or --message." in terminal.refused("webhook", "replay", webhook_id, *arguments)
    assert terminal.done("webhook", "replay", webhook_id, "--since", "2026-11-24T10:00").out.startswith("0 messages")
    assert "never sent" in terminal.refused("webhook", "replay", webhook_id, "--message", "msg_1_2_3")


def test_a_test_without_a_server_says_so(terminal: Terminal, site: str) -> None:
    webhook_id = str(terminal.json("webhook", "create", site, URL)["webhookId"])
    assert "Is dealtrace serve running on this database?" in terminal.refused(
        "webhook", "test", webhook_id, "--wait", "1"
    )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.vanish()


def created(beside: Terminal, owner: Player, receiver: Receiver) -> str:
    arguments = ("webhook", "create", str(owner.site.id), receiver.url, "--events", "deal")
    made = beside.json(*arguments, webhook_private_targets="127.0.0.1")
    return str(made["webhookId"])


def test_a_running_server_sends_the_test_even_while_it_is_paused(
    beside: Terminal, owner: Player, receiver: Receiver
) -> None:
    webhook_id = created(beside, owner, receiver)
    beside.done("webhook", "pause", webhook_id)
    assert beside.done("webhook", "test", webhook_id, "--wait", "60").out == "The receiver accepted the test.\n"
    (received,) = receiver.received
    assert received.pairs["orderNumber"] == "{orderNumber}"
    receiver.answer = lambda _: Answer(403, b"wrong key")
    assert "The test failed: HTTP 403: wrong key" in beside.refused("webhook", "test", webhook_id, "--wait", "60")
    beside.done("webhook", "delete", webhook_id)


def test_what_was_stated_can_be_stated_again(
    server: ServerProcess, served: Stage, beside: Terminal, receiver: Receiver
) -> None:
    owner = served.open_site()
    webhook_id = created(beside, owner, receiver)
    server.register(owner.token, orderNumber="K-1")
    (first,) = receiver.wait_for(1)
    wait_until(lambda: beside.json("webhook", "show", webhook_id)["lastDelivered"])
    result = beside.done("webhook", "replay", webhook_id, "--message", first.name).out
    assert result == "1 message will be sent again.\n"
    assert receiver.wait_for(2)[1].name == first.name
    beside.done("webhook", "delete", webhook_id)


def test_the_doctor_reports_one_that_fails(terminal: Terminal, site: str) -> None:
    webhook_id = str(terminal.json("webhook", "create", site, URL)["webhookId"])
    opened = open_database(terminal.url)
    with opened.write() as connection:
        update_webhook(connection, int(webhook_id), {"failures": 3, "last_fault": "HTTP 500"})
    opened.close()
    (finding,) = [item for item in terminal.run("doctor", "--json").json if item["kind"] == "webhook"]
    assert finding["text"] == f"Site {site}: webhook {webhook_id} is failing: HTTP 500"
    assert f"dealtrace webhook resume {webhook_id}" in finding["cure"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "http://localhost:8000/",
        "https://10.0.0.5/",
        "http://169.254.169.254/latest",
        "http://[::1]/",
    ],
)
def test_a_receiver_that_nothing_is_ever_sent_to_is_refused_when_created(
    terminal: Terminal, site: str, url: str
) -> None:
    word = terminal.refused("webhook", "create", site, url)
    assert "the server would refuse to send to this host" in word
    assert "DEALTRACE_WEBHOOK_PRIVATE_TARGETS" in word
    assert terminal.json("webhook", "list", site) == []
    private = "127.0.0.0/8,::1,10.0.0.0/8,169.254.169.254"
    terminal.json("webhook", "create", site, url, webhook_private_targets=private)


def test_one_is_shown_with_its_deliveries(terminal: Terminal, site: str) -> None:
    webhook_id = str(terminal.json("webhook", "create", site, URL)["webhookId"])
    assert terminal.json("webhook", "show", webhook_id) == terminal.json("webhook", "list", site)[0]
    shown = terminal.done("webhook", "show", webhook_id).out
    assert URL in shown
    assert "last delivered: never" in shown
    assert "Webhook 7 not found" in terminal.refused("webhook", "show", "7")
