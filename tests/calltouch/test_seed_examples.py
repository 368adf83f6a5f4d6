"""Every request the seed prints, sent as printed over a socket; every response it prints, key by key."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest

from account_work import account_work
from cast import MOSCOW, Player, Stage, moscow
from dealtrace.attribution.traffic_source import DIRECT
from dealtrace.attribution.visit import VisitId
from dealtrace.calltouch.answers.deals import changed_order, registered_order
from dealtrace.deals.lead_clue import CallIdentity, LeadClue
from dealtrace.operations.accounts.issue_token import issue_token
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.id_blocks import BLOCK_SIZE, IdBlocks
from dealtrace.storage.schema.tables.control import id_block
from server import ServerProcess
from write_commands import change, registration

TOKEN = "GllU3tbwhrTkA1Chryud4xIT48WE8FPeNyrGQQswIb3nr"
HOST = "https://api.calltouch.ru"
REST = f"{HOST}/calls-service/RestAPI/orders"

REGISTER_BY_CALL = (
    f"{REST}/register/?clientApiId={TOKEN}&callId=32496964&orderNumber=K2TU/sm{{7u4X3F&orderSum=1000&orderStatus=start"
    "&orderDate=26.03.2018%2010:00:00&manager=Коля&service=AmoCRM&tags=mytag1,mytag2,mytag3"
)
REGISTER_BY_REQUEST = (
    f"{REST}/register/?clientApiId={TOKEN}&requestId=51213218&orderNumber=hzwe4iCHiwauun&orderSum=1000&orderStatus=new"
    "&orderDate=26.03.2018%2010:00:00&manager=Коля&service=AmoCRM&tags=mytag1,mytag2,mytag3"
)
REGISTER_BY_PHONE = (
    f"{REST}/register/?clientApiId={TOKEN}&orderNumber=J2eTSacsKduifb&orderSum=1000&orderStatus=status"
    "&orderDate=25.03.2018%2011:00:00&phoneNumber=79205550055&linkTimeThreshold=600&manager=Коля&service=AmoCRM"
    "&tags=mytag1,mytag2,mytag3"
)
UPDATE_BY_ORDER_ID = (
    f"{REST}/update-by-id/?clientApiId={TOKEN}&orderId=3413448&orderSum=100000&status=selling&manager=Алексей"
    "&service=RetailCRM&tags=newtag1,newtag2"
)
UPDATE_BY_ORDER_NUMBER = (
    f"{REST}/update-by-id/?clientApiId={TOKEN}&orderNumber=ajhbkhbsd232dsc&orderSum=100000&status=work"
)
DELETE_BY_ORDER_ID = f"{REST}/delete-by-id/?clientApiId={TOKEN}&orderId=3413448"
DELETE_BY_ORDER_NUMBER = f"{REST}/delete-by-id/?clientApiId={TOKEN}&orderNumber=ajhbkhbsd232dsc"

REGISTERED = """{
    "orderId": 7811141,
    "callId": 32940789,
    "dateCreated": 1522047600000,
    "status": "new",
    "realSum": null,
    "offered": null,
    "sent": "26.03.2018",
    "sum": "1000",
    "isMarked": null,
    "commentsCount": 0,
    "currentAmount": 1000,
    "orderNumber": "xX8H9MkFIzpLmT"
}"""
UPDATED = r"""{
    "order": {
        "orderId": 7812899,
        "callId": 32948652,
        "dateCreated": 1522047600000,
        "status": "end",
        "realSum": null,
        "offered": "27.03.2018",
        "sent": "26.03.2018",
        "sum": "6000.0000",
        "isMarked": null,
        "commentsCount": 0,
        "currentAmount": null,
        "orderNumber": "7812899"
    },
    "client": {
        "fio": null,
        "clientId": 37674333,
        "phones": [
            {
                "phoneNumber": "74953080100",
                "phoneType": "WORK"
            }
        ],
        "contacts": null
    },
    "orderComments": "",
    "session": {
        "keywords": "(not set)",
        "city": "vladimir",
        "ip": "95.66.182.68",
        "browser": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:59.0) Gecko/20100101 Firefox/59.0",
        "source": "(direct)",
        "medium": "(none)",
        "ref": "",
        "url": "http://filipok.io/calltouch/?attrs={\"attrh\":1,\"ver\":171110,\"r7k12_si\":479775180}",
        "utmSource": "",
        "utmMedium": "",
        "utmTerm": "",
        "utmContent": "",
        "utmCampaign": "",
        "guaClientId": null,
        "yaClientId": null,
        "sessionId": 1846408120,
        "additionalTags": [],
        "attribution": 1,
        "attrs": null
    }
}"""
TEN_O_CLOCK = moscow("2018-03-26", "10:00:00")


class VendorIds(IdBlocks):
    """Ids of the vendor's first, as an import of history brings them, then our own."""

    def __init__(self, own: IdBlocks, *ids: int) -> None:
        self._own = own
        self._vendors = list(ids)

    def ensure(self, count: int) -> None:
        self._own.ensure(count)

    def take(self) -> int:
        return self._vendors.pop(0) if self._vendors else self._own.take()

    def take_visit_id(self) -> VisitId:
        return VisitId(self.take()) if self._vendors else self._own.take_visit_id()


def with_ids(stage: Stage, *ids: int) -> Stage:
    """Tell of a stage whose next ids are the vendor's."""
    named = Stage(stage.database)
    named.ids = VendorIds(stage.ids, *ids)
    return named


def open_vendors_site(stage: Stage) -> Player:
    """Open a site with the seed's own token, as somebody who moves over does."""
    player = stage.open_site(contact_matching=True)
    stage.ids.ensure(1)
    with stage.database.write() as connection:
        issued = issue_token(account_work(connection, TEN_O_CLOCK, stage.ids), player.site.id, "1C", secret=TOKEN)
    return replace(player, token=issued.secret, token_id=issued.token.id)


def keep_what_the_examples_name(stage: Stage, player: Player) -> None:
    """Store the call, the lead request and the deals whose ids the seed's requests carry."""
    with_ids(stage, 32496964).call(player, TEN_O_CLOCK - timedelta(hours=1), phone="74951111111")
    with_ids(stage, 51213218).lead_request(player, TEN_O_CLOCK - timedelta(hours=1), phone="74952222222")
    stage.call(player, moscow("2018-03-25", "10:50:00"), seconds=60, phone="79205550055")
    with_ids(stage, 3413448).perform(register_deals, player, registration("a deal to sell", tags=("old",)))
    stage.perform(register_deals, player, registration("ajhbkhbsd232dsc"))


@pytest.fixture(scope="module")
def vendors(
    new_database_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ServerProcess, Player, Stage]]:
    """Run a server that has what the examples name."""
    url = new_database_url()
    opened = open_database(url)
    stage = Stage(opened)
    player = open_vendors_site(stage)
    keep_what_the_examples_name(stage, player)
    server = ServerProcess(url, tmp_path_factory.mktemp("vendors"), is_fork=True)
    yield server, player, stage
    server.close()
    opened.close()


def test_it_answers_a_registration_as_the_seed_prints_it(
    new_database_url: Callable[[], str], start_server: Callable[..., ServerProcess]
) -> None:
    url = new_database_url()
    opened = open_database(url)
    stage = Stage(opened)
    player = open_vendors_site(stage)
    with_ids(stage, 32940789).call(player, TEN_O_CLOCK - timedelta(minutes=20))
    with opened.write() as connection:
        before_the_command_that_starts = 7811141 - BLOCK_SIZE
        connection.execute(id_block.update().values(next_id=before_the_command_that_starts))
    opened.close()
    server = start_server(database_url=url)
    answer = server.register(player.token, callId=32940789, orderNumber="xX8H9MkFIzpLmT")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert answer.text == as_sent(REGISTERED)


@pytest.mark.parametrize(
    ("printed", "stated"),
    [
        (REGISTER_BY_CALL, {"callId": 32496964, "orderNumber": "K2TU/sm{7u4X3F", "status": "start"}),
        (REGISTER_BY_REQUEST, {"callId": None, "orderNumber": "hzwe4iCHiwauun", "status": "new"}),
        (REGISTER_BY_PHONE, {"orderNumber": "J2eTSacsKduifb", "status": "status", "dateCreated": 1521964800000}),
    ],
)
def test_it_takes_the_printed_registrations(
    vendors: tuple[ServerProcess, Player, Stage], printed: str, stated: dict[str, Any]
) -> None:
    server, player, _ = vendors
    status, body = send_as_printed(server, printed)
    assert status == 200
    assert list(body) == list(json.loads(REGISTERED))
    assert stated.items() <= body.items()
    assert (body["sum"], body["currentAmount"]) == ("1000", 1000)
    (record,) = server.journal(player.token, player.site.id, orderId=body["orderId"], withOrdersTags=1).json()[
        "records"
    ]
    assert (record["manager"], record["service"]) == ("Коля", "AmoCRM")
    assert record["tags"][0]["names"] == ["mytag1", "mytag2", "mytag3"]
    assert record["orderSource"] is not None


def test_it_finds_the_call_behind_the_printed_phone(vendors: tuple[ServerProcess, Player, Stage]) -> None:
    server, _, _ = vendors
    _, body = send_as_printed(server, REGISTER_BY_PHONE)
    assert isinstance(body["callId"], int)


def test_it_takes_the_printed_updates_and_deletions(vendors: tuple[ServerProcess, Player, Stage]) -> None:
    server, player, _ = vendors
    status, sold = send_as_printed(server, UPDATE_BY_ORDER_ID)
    assert (status, list(sold)) == (200, ["order", "client", "orderComments", "session"])
    assert list(sold["order"]) == list(json.loads(UPDATED)["order"])
    assert (sold["order"]["orderId"], sold["order"]["status"]) == (3413448, "selling")
    assert sold["order"]["sum"] == "100000.0000"
    (record,) = server.journal(player.token, player.site.id, orderId=3413448, withOrdersTags=1).json()["records"]
    assert (record["manager"], record["service"]) == ("Алексей", "RetailCRM")
    assert record["tags"][0]["names"] == ["newtag1", "newtag2"]
    status, at_work = send_as_printed(server, UPDATE_BY_ORDER_NUMBER)
    assert (status, at_work["order"]["status"]) == (200, "work")
    assert at_work["order"]["orderNumber"] == "ajhbkhbsd232dsc"
    assert send_as_printed(server, DELETE_BY_ORDER_ID) == (200, {"orderId": 3413448, "orderNumber": "a deal to sell"})
    status, gone = send_as_printed(server, DELETE_BY_ORDER_NUMBER)
    assert (status, gone["orderNumber"]) == (200, "ajhbkhbsd232dsc")
    assert send_as_printed(server, DELETE_BY_ORDER_ID)[0] == 400
    assert server.journal(player.token, player.site.id, orderId=3413448).json()["records"] == []


def test_an_update_reads_as_the_seed_prints_it(stage: Stage) -> None:
    """The printed answer carries the day of an update of 2018, so it is told from the operation, not from a clock."""
    player = stage.open_site()
    page = r'http://filipok.io/calltouch/?attrs={"attrh":1,"ver":171110,"r7k12_si":479775180}'
    browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:59.0) Gecko/20100101 Firefox/59.0"
    called_at = TEN_O_CLOCK - timedelta(minutes=10)
    visit = with_ids(stage, 1846408120).visit(
        player, called_at, DIRECT, landing_url=page, ip="95.66.182.68", user_agent=browser, city="vladimir"
    )
    with_ids(stage, 32948652, 37674333).call(player, called_at, phone="74953080100", visit_id=visit.id)
    by_call = registration(happened_at=TEN_O_CLOCK, clue=LeadClue(identity=CallIdentity(32948652, None)))
    with_ids(stage, 7812899).perform(register_deals, player, by_call)
    (changed,) = stage.perform(
        change_deals,
        player,
        change(7812899, status="end", amount_rub=Decimal(6000)),
        now=moscow("2018-03-27", "12:00:00"),
    )
    result = changed_order(changed.deal, changed.lead_summary, changed.visit, MOSCOW, player.site.attribution)
    assert json.dumps(result) == json.dumps(json.loads(UPDATED))


def test_a_receipt_reads_as_the_seed_prints_it(stage: Stage) -> None:
    player = stage.open_site()
    with_ids(stage, 32940789).call(player, TEN_O_CLOCK)
    sent = registration("xX8H9MkFIzpLmT", happened_at=TEN_O_CLOCK, clue=LeadClue(CallIdentity(32940789, None)))
    (receipt,) = with_ids(stage, 7811141).perform(register_deals, player, sent)
    assert json.dumps(registered_order(receipt, MOSCOW, sent.amount_rub)) == json.dumps(json.loads(REGISTERED))


def send_as_printed(server: ServerProcess, printed: str) -> tuple[int, Any]:
    """Send an address of the seed to our host, byte for byte, and return the status and the JSON."""
    address = urlsplit(printed)
    lines = (
        f"GET {address.path}?{address.query} HTTP/1.1",
        f"Host: {address.hostname}",
        "Connection: close",
        "",
        "",
    )
    head, _, body = server.raw("\r\n".join(lines).encode()).partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def as_sent(printed: str) -> str:
    """Write a printed JSON as it goes over the wire, without the page's indentation."""
    return json.dumps(json.loads(printed), ensure_ascii=False, separators=(",", ":"))


def test_the_printed_phone_example_lies_inside_its_window() -> None:
    deal = datetime.fromisoformat("2018-03-25T11:00:00")
    call = datetime.fromisoformat("2018-03-25T10:50:00")
    assert call <= deal <= call + timedelta(seconds=60 + 600)
