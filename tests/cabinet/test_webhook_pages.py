"""The page of a webhook: its URL, events, fields and secret are changed, and its messages sent again."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from cast import Player, Stage
from dealtrace.accounts.webhook import Webhook
from dealtrace.storage.webhooks.outbox import acknowledge_deliveries, list_waiting_deliveries
from dealtrace.storage.webhooks.webhooks import list_webhooks, update_webhook
from dealtrace.webhooks.delivery import UnsentReason
from guests import Guest, member_of, text_of
from receiver import Receiver
from server import ServerProcess
from waiting import wait_until, wait_until_followed

PLACE = "settings/webhooks"
OLD = {"url": "https://old.example/hook?secret=old", "style": "json", "event": ["deal.created", "deal.deleted"]}
NEW = {"act": "change", "url": "https://new.example/hook?secret=new", "event": "deal.created"}


@pytest.fixture
def boss(server: ServerProcess, served: Stage, owner: Player) -> Guest:
    """Give the owner of the site, in English."""
    return member_of(server, served, owner.site.id)


def webhook_of(stage: Stage, player: Player) -> Webhook:
    with stage.database.read() as connection:
        (webhook,) = list_webhooks(connection, player.site.id)
    return webhook


def test_a_webhook_is_changed_and_only_its_hosts_are_in_the_journal(boss: Guest, served: Stage, owner: Player) -> None:
    boss.send(PLACE, **OLD)
    before = webhook_of(served, owner)
    place = f"{PLACE}/{before.id}"
    shown = boss.post(place, **NEW, fields="orderNumber, orderId,orderNumber")
    assert "Saved. Servers apply the change within two seconds." in text_of(shown.text)
    changed = webhook_of(served, owner)
    assert (changed.url, changed.events, changed.fields) == (NEW["url"], {"deal.created"}, ("orderNumber", "orderId"))
    assert (changed.secret, changed.style) == (before.secret, before.style)
    assert 'value="orderNumber, orderId"' in boss.get(place).text
    boss.send(place, act="change", url="https://new.example/other", event="deal.created", fields="")
    changes = text_of(boss.get("settings/changes").text)
    for words in (
        "old.example → new.example",
        "deal.created, deal.deleted → deal.created",
        "default fields → orderNumber, orderId",
        "– → URL changed",
    ):
        assert f"Webhook {before.id} new.example: {words}" in changes
        assert f"{boss.login} Webhook" in changes
    assert "secret=" not in changes


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        ({**NEW, "url": "ftp://a.example"}, "url", "https://host/path is expected"),
        ({"act": "change", "url": "https://a.example/"}, "event", "Choose at least one event."),
        ({**NEW, "fields": "orderid"}, "fields", "no chosen event has the field orderid. Available: orderId, "),
        (
            {**NEW, "event": ["deal.created", "call.connected"], "fields": "orderNumber"},
            "fields",
            "Available: leadtype, ",
        ),
        ({"act": "replay_since", "since": "yesterday"}, "since", "Enter a day and a time."),
        ({"act": "replay_since", "since": "0001-01-01T00:00"}, "since", "Enter a day and a time."),
        ({"act": "replay_since", "since": "9999-12-31T23:59"}, "since", "Enter a day and a time."),
        ({"act": "replay_since", "since": "2018-03-26T10:00+14:00"}, "since", "Enter a day and a time."),
        ({"act": "replay_since", "since": "2018-03-26T10:00"}, "since", "Nothing has been sent since then."),
    ],
)
def test_a_change_that_does_not_fit_is_refused_beside_its_field(
    boss: Guest, served: Stage, owner: Player, form: dict[str, str], field: str, words: str
) -> None:
    boss.send(PLACE, **OLD)
    before = webhook_of(served, owner)
    answer = boss.send(f"{PLACE}/{before.id}", **form)
    assert answer.status_code == 400
    assert re.search(rf'id="fault-{field}">[^<]*{re.escape(words)}', html.unescape(answer.text))
    assert webhook_of(served, owner) == before


def test_fields_are_chosen_already_when_a_webhook_is_created(boss: Guest, served: Stage, owner: Player) -> None:
    form = {"url": "https://a.example/", "style": "form", "event": "deal.created"}
    refused = boss.send(PLACE, **form, fields="nothing")
    assert (refused.status_code, 'id="fault-fields"' in refused.text) == (400, True)
    assert boss.send(PLACE, **form, fields="orderId").status_code == 303
    assert webhook_of(served, owner).fields == ("orderId",)


def test_a_secret_is_replaced_and_shown_only_once(boss: Guest, served: Stage, owner: Player) -> None:
    boss.send(PLACE, **OLD)
    before = webhook_of(served, owner)
    place = f"{PLACE}/{before.id}"
    answer = boss.send(place, act="secret")
    secret = webhook_of(served, owner).secret
    assert secret != before.secret
    assert f'<pre id="secret">{secret}</pre>' in html.unescape(answer.text)
    assert secret not in boss.get(place).text
    assert "– → secret changed" in text_of(boss.get("settings/changes").text)
    with served.database.write() as connection:
        update_webhook(connection, before.id, {"style": "form"})
    assert boss.send(place, act="secret").status_code == 404, "forms are not signed"
    assert webhook_of(served, owner).secret == secret


def test_what_waits_is_sent_to_the_new_url_at_once_and_everything_since_a_time_again(
    server: ServerProcess, boss: Guest, served: Stage, owner: Player
) -> None:
    receiver = Receiver()
    try:
        boss.send(PLACE, url="http://127.0.0.1:9/hook", style="json", event="deal.created")
        webhook = webhook_of(served, owner)
        wait_until_followed(server)
        server.register(owner.token, orderNumber="1")
        wait_until(lambda: webhook_of(served, owner).has_failed)
        place = f"{PLACE}/{webhook.id}"
        assert boss.send(place, act="change", url=receiver.url, event="deal.created").status_code == 303
        (first,) = receiver.wait_for(1)
        wait_until(lambda: f'name="message" value="{first.name}"' in boss.get(place).text)
        since = (datetime.now(UTC) - timedelta(minutes=30)).astimezone(owner.site.time_zone)
        done = boss.post(place, act="replay_since", since=f"{since:%Y-%m-%dT%H:%M}")
        assert "will be sent again." in text_of(done.text)
        assert {received.name for received in receiver.wait_for(2)} == {first.name}
    finally:
        receiver.vanish()


def test_the_log_says_which_messages_were_skipped_or_deleted_and_why_others_failed(
    server: ServerProcess, boss: Guest, served: Stage, owner: Player
) -> None:
    russian = member_of(server, served, owner.site.id, language="ru")
    receiver = Receiver()
    try:
        boss.send(PLACE, url="http://127.0.0.1:9/hook", style="json", event="deal.created")
        webhook = webhook_of(served, owner)
        place = f"{PLACE}/{webhook.id}"
        wait_until_followed(server)
        server.register(owner.token, orderNumber="1")
        wait_until(lambda: "cannot connect" in boss.get(place).text)
        boss.send(place, act="pause")
        for number in ("2", "3"):
            server.register(owner.token, orderNumber=number)
        with served.database.write() as connection:
            of_webhook = (connection, owner.site.id, webhook.id)
            _, needless = (each.position for each in list_waiting_deliveries(*of_webhook, 2))
            acknowledge_deliveries(*of_webhook, [needless], datetime.now(UTC), unsent_reason=UnsentReason.DELETED)
        boss.send(place, act="change", url=receiver.url, event="deal.created")
        boss.send(place, act="skip")
        receiver.wait_for(1)
        wait_until(lambda: all("Send again" in line for line in log_of(boss.get(place).text)))
    finally:
        receiver.vanish()
    sent, deleted, skipped = log_of(boss.get(place).text)
    assert re.fullmatch(r"\d+ \w+ \d+, \d\d:\d\d 1 – Send again", sent)
    assert re.fullmatch(r"not sent, the lead or alert was deleted: .*\d\d:\d\d – – Send again", deleted)
    assert re.fullmatch(r"skipped .*\d\d:\d\d [1-9] cannot connect.* Send again", skipped)
    sent, deleted, skipped = log_of(russian.get(place).text)
    assert deleted.startswith("не отправлено, лид или оповещение удалены: ")
    assert skipped.startswith("пропущено ")


def log_of(page: str) -> list[str]:
    """Return what the log says became of each message, newest first."""
    rows = re.findall(r'<tr><th scope="row"><code>.*?</th><td>.*?</td><td>.*?</td>(.*?)</tr>', page, re.DOTALL)
    return [text_of(f"<main>{row}</main>") for row in rows]
