"""An alert from a quiet day to a mailbox and a webhook, once each, also when the server starts again."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cast import Stage, zone_at_noon
from commands import CommandLine, Terminal
from dealtrace.accounts.site_days import day_start, site_day
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.operations.deals.import_deals import import_deals
from dealtrace.storage.database.engine import open_database
from engines import CopySqlite
from mail_server import MailServer
from receiver import Receiver
from server import ServerProcess
from waiting import wait_until


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.vanish()


def test_a_silent_service_is_noticed_once(
    copy_sqlite: CopySqlite,
    tmp_path: Path,
    start_server_on: Callable[..., ServerProcess],
    command_line: CommandLine,
    mail_server: MailServer,
    receiver: Receiver,
) -> None:
    file = tmp_path / "dealtrace.db"
    copy_sqlite(file)
    url = f"sqlite:///{file}"
    database = open_database(url)
    stage = Stage(database)
    shop = stage.open_site(name="Магазин", time_zone=zone_at_noon())
    zone = shop.site.time_zone
    yesterday = site_day(datetime.now(UTC), zone) - timedelta(days=1)
    stage.ids.ensure(5000)
    with database.write() as connection:
        noons = [day_start(yesterday - timedelta(weeks=week), zone) + timedelta(hours=12) for week in range(1, 9)]
        deals = [
            IncomingDeal(
                id=None, number=f"{at:%j}-{number}", happened_at=at, status="", amount_rub=None, service="AmoCRM"
            )
            for at in noons
            for number in range(9)
        ]
        import_deals(stage.work(connection, shop), deals)
    terminal = Terminal(command_line, url, tmp_path)
    hook = ("webhook", "create", str(shop.site.id), receiver.url, "--events", "alert", "--format", "json")
    terminal.done(*hook, webhook_private_targets="127.0.0.0/8")
    rule = (
        "silence",
        "deals",
        "--filter",
        "service:is:AmoCRM",
        "--mail",
        "anna@example.com",
        "--mail",
        "bob@example.com en",
    )
    added = terminal.done("alert", "add", str(shop.site.id), *rule, "--json").json
    settings = {
        "smtp_url": f"smtp://127.0.0.1:{mail_server.port}",
        "mail_from": "reports@example.org",
        "public_url": "https://deals.example.org",
        "webhook_private_targets": "127.0.0.0/8",
    }
    server = start_server_on(url, **settings)
    wait_until(lambda: len(mail_server.received) == 2 and receiver.received)
    by_address = {received.recipients[0]: received for received in mail_server.received}
    russian, english = by_address["anna@example.com"], by_address["bob@example.com"]
    assert russian.mail["Subject"] == "Сработало: Сделки: тишина за день – Магазин"
    assert english.mail["Subject"] == "Raised: Deals: silence within a day – Магазин"
    assert f"https://deals.example.org/cabinet/{shop.site.id}/settings/alerts/{added['alertId']}" in english.text
    message = json.loads(receiver.received[0].body)
    assert message["type"] == "alert.raised"
    said = {key: message["data"][key] for key in ("alertId", "event", "kind", "metric", "value", "usual", "endedAt")}
    assert said == {
        "alertId": str(added["alertId"]), "event": "raise", "kind": "silence", "metric": "deals", "value": "0",
        "usual": "9", "endedAt": None,
    }  # fmt: skip

    server.stop()
    server.start()
    terminal.done("alert", "test", str(shop.site.id), str(added["alertId"]), "--mail")
    assert sorted(str(received.mail["Subject"]).partition(":")[0] for received in mail_server.received) == [
        "Raised", "Test", "Проверка", "Сработало",
    ]  # fmt: skip
    assert len(receiver.received) == 1
    (listed,) = terminal.done("alert", "list", str(shop.site.id), "--json").json
    assert (listed["value"], listed["usual"], listed["fault"]) == ("0", "9", None)
    database.close()
