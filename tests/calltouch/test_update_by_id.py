"""`orders/update-by-id`: a table of scenarios, each over HTTP to a real server."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cast import MOSCOW, Player, Stage, moscow
from dealtrace.attribution.traffic_source import DIRECT, TrafficSource
from server import UPDATE, ServerProcess
from waiting import wait_until

TEN = moscow("2018-03-26", "10:00:00")
REGISTERED = {
    "orderSum": "1000",
    "orderComment": "first words",
    "manager": "Коля",
    "tags": "a,b",
    "source": "выставка",
    "campaign": "spring",
    "custom[margin]": "15",
}


@dataclass(frozen=True)
class Scenario:
    """What is sent to a full deal without a lead, and what its answer and its record then hold."""

    sent: dict[str, Any]
    order: dict[str, Any]
    record: dict[str, Any]


SCENARIOS = {
    "an id alone changes nothing": Scenario(
        {}, {"status": "new", "sum": "1000.0000", "offered": None}, {"manager": "Коля", "comment": "first words"}
    ),
    "a new status": Scenario({"status": "won"}, {"status": "won", "sum": "1000.0000"}, {"orderStatus": "won"}),
    "an empty status": Scenario({"status": ""}, {"status": ""}, {"orderStatus": ""}),
    "a new sum, in four decimals": Scenario({"orderSum": "6000"}, {"sum": "6000.0000"}, {"plannedAmount": 6000}),
    "a sum of a comma and spaces": Scenario({"orderSum": "1 000,5"}, {"sum": "1000.5000"}, {"plannedAmount": 1000.5}),
    "an empty sum erases it": Scenario({"orderSum": ""}, {"sum": None}, {"plannedAmount": None}),
    "an empty manager": Scenario({"manager": ""}, {}, {"manager": ""}),
    "a new manager and service": Scenario(
        {"manager": "Алексей", "service": "RetailCRM"}, {}, {"manager": "Алексей", "service": "RetailCRM"}
    ),
    "tags are replaced whole": Scenario({"tags": "c"}, {}, {"tags": [{"category": "", "type": "API", "names": ["c"]}]}),
    "empty tags erase them": Scenario({"tags": ""}, {}, {"tags": []}),
    "a new comment": Scenario({"comment": "later words"}, {}, {"comment": "later words"}),
    "an empty comment": Scenario({"comment": ""}, {}, {"comment": ""}),
    "the words of register mean nothing here": Scenario(
        {"orderStatus": "won", "orderComment": "no", "orderDate": "01.01.2019 00:00:00"},
        {"status": "new", "dateCreated": 1522047600000},
        {"comment": "first words"},
    ),
    "one part of the stated source": Scenario(
        {"source": "радио"}, {}, {"visit.source": "радио", "visit.utmCampaign": "spring"}
    ),
    "all of the stated source erased": Scenario({"source": "", "campaign": ""}, {}, {"visit": None}),
    "a custom field": Scenario({"custom[margin]": "20"}, {}, {"customFields": [{"field": "margin", "value": "20"}]}),
    "a blank text is kept as sent": Scenario({"status": " ", "comment": " "}, {"status": " "}, {"comment": " "}),
    "a blank sum and blank tags erase nothing": Scenario(
        {"orderSum": " ", "tags": " "},
        {},
        {"tags": [{"category": "", "type": "API", "names": list(REGISTERED["tags"].split(","))}]},
    ),
    "a custom field erased": Scenario({"custom[margin]": ""}, {}, {"customFields": []}),
    "a custom field the site does not have": Scenario(
        {"custom[other]": "1"}, {}, {"customFields": [{"field": "margin", "value": "15"}]}
    ),
}


@pytest.fixture
def deal_id(server: ServerProcess, owner: Player) -> int:
    """Register a full deal without a lead."""
    found: int = server.register(owner.token, **REGISTERED, orderNumber="1C-1").json()["orderId"]
    return found


def record_of(server: ServerProcess, player: Player, deal_id: int) -> dict[str, Any]:
    """Read a deal back from the journal."""
    sent = {"withOrdersTags": 1, "withComments": 1}
    (record,) = server.journal(player.token, player.site.id, orderId=deal_id, **sent).json()["records"]
    found: dict[str, Any] = record
    return found


def at(record: dict[str, Any], path: str) -> Any:
    """Look a dotted path up."""
    for part in path.split("."):
        record = record[part]
    return record


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_it_changes(server: ServerProcess, owner: Player, deal_id: int, scenario: Scenario) -> None:
    answer = server.update(owner.token, orderId=deal_id, **scenario.sent)
    assert answer.status_code == 200, answer.text
    result = answer.json()
    assert list(result) == ["order", "client", "orderComments", "session"]
    assert (result["client"], result["session"]) == (None, None)
    assert scenario.order.items() <= result["order"].items()
    assert result["order"]["currentAmount"] is None
    record = record_of(server, owner, deal_id)
    assert {path: at(record, path) for path in scenario.record} == scenario.record


def test_the_comment_is_stated_back(server: ServerProcess, owner: Player, deal_id: int) -> None:
    assert server.update(owner.token, orderId=deal_id).json()["orderComments"] == "first words"
    assert server.update(owner.token, orderId=deal_id, comment="").json()["orderComments"] == ""


def test_offered_is_the_day_of_the_latest_change(server: ServerProcess, owner: Player, deal_id: int) -> None:
    days = {datetime.now(UTC).astimezone(MOSCOW).strftime("%d.%m.%Y")}
    offered = server.update(owner.token, orderId=deal_id, status="won").json()["order"]["offered"]
    days.add(datetime.now(UTC).astimezone(MOSCOW).strftime("%d.%m.%Y"))
    assert offered in days


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ({"orderId": "first"}, "first"),
        ({"orderNumber": "second"}, "second"),
        ({"orderId": "first", "orderNumber": "second"}, "first"),
        ({"orderId": "9007199254740991", "orderNumber": "second"}, "second"),
        ({"orderId": "", "orderNumber": "second"}, "second"),
        ({"orderId": "first", "orderNumber": ""}, "first"),
        ({"orderId": " ", "orderNumber": "second"}, "second"),
        ({"orderId": "abc", "orderNumber": "second"}, "second"),
        ({"orderId": "-1", "orderNumber": "second"}, "second"),
        ({"orderId": "1.5", "orderNumber": "second"}, "second"),
        ({"orderId": "9" * 30, "orderNumber": "second"}, "second"),
        ({"orderId": "null", "orderNumber": " second\u00a0"}, " second\u00a0"),
    ],
)
def test_it_looks_by_the_id_first_then_by_the_number(
    server: ServerProcess, owner: Player, named: dict[str, str], found: str
) -> None:
    ids = {name: server.register(owner.token, orderNumber=name).json()["orderId"] for name in ("first", "second")}
    sent = {**named, "orderId": ids.get(named.get("orderId", ""), named.get("orderId", ""))}
    assert server.update(owner.token, **sent, status="won").json()["order"]["orderNumber"] == found


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ({}, "10040"),
        ({"orderId": "", "orderNumber": ""}, "10040"),
        ({"orderId": " ", "orderNumber": "\u200e "}, "10040"),
        ({"orderId": "abc", "orderNumber": "nobody's"}, "10041"),
        ({"orderId": "abc"}, "10007"),
        ({"orderId": "9007199254740991"}, "10041"),
        ({"orderNumber": "nobody's"}, "10041"),
        ({"orderId": "9007199254740991", "orderNumber": "nobody's"}, "10041"),
    ],
)
def test_a_deal_that_is_not_found_is_400(
    server: ServerProcess, owner: Player, deal_id: int, named: dict[str, str], code: str
) -> None:
    refused = server.update(owner.token, **named, status="won")
    assert (refused.status_code, refused.json()["errorCode"]) == (400, code)
    assert record_of(server, owner, deal_id)["orderStatus"] == "new"


def test_a_neighbours_deal_is_not_found(server: ServerProcess, owner: Player, stranger: Player, deal_id: int) -> None:
    for named in ({"orderId": deal_id}, {"orderNumber": "1C-1"}):
        assert server.update(stranger.token, **named, status="won").status_code == 400
    assert record_of(server, owner, deal_id)["orderStatus"] == "new"


def test_a_deleted_deal_is_not_found(server: ServerProcess, owner: Player, deal_id: int) -> None:
    server.delete(owner.token, orderId=deal_id)
    assert server.update(owner.token, orderId=deal_id, status="won").status_code == 400
    assert server.update(owner.token, orderNumber="1C-1", status="won").status_code == 400


def test_post_is_not_allowed(server: ServerProcess, owner: Player, deal_id: int) -> None:
    refused = server.http.post(UPDATE, data={"clientApiId": owner.token, "orderId": str(deal_id), "status": "won"})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")


def test_a_call_states_its_client_and_its_visit(server: ServerProcess, served: Stage, owner: Player) -> None:
    visit = served.visit(
        owner,
        TEN - timedelta(minutes=5),
        TrafficSource("yandex", "cpc", "spring", "ad", "buy"),
        utm=TrafficSource("ya", "cpc"),
        landing_url="https://shop.example/?utm_source=ya",
        referrer="https://yandex.ru/",
        ip="192.0.2.1",
        user_agent="Firefox",
        city="vladimir",
        google_client_id="GA1.1",
        yandex_client_id="157",
        attrs={"vip": True},
    )
    call = served.call(owner, TEN, phone="79205550055", visit_id=visit.id, client_name="Иван")
    deal_id = server.register(owner.token, callId=call.id, source="said").json()["orderId"]
    result = server.update(owner.token, orderId=deal_id, source="ignored", status="won").json()
    assert result["order"]["callId"] == call.id
    assert result["client"].pop("clientId") >= 10**9
    assert result["client"] == {
        "fio": "Иван",
        "phones": [{"phoneNumber": "79205550055", "phoneType": "WORK"}],
        "contacts": None,
    }
    assert list(result["session"].items()) == [
        ("keywords", "buy"),
        ("city", "vladimir"),
        ("ip", "192.0.2.1"),
        ("browser", "Firefox"),
        ("source", "yandex"),
        ("medium", "cpc"),
        ("ref", "https://yandex.ru/"),
        ("url", "https://shop.example/?utm_source=ya"),
        ("utmSource", "ya"),
        ("utmMedium", "cpc"),
        ("utmTerm", ""),
        ("utmContent", ""),
        ("utmCampaign", ""),
        ("guaClientId", "GA1.1"),
        ("yaClientId", "157"),
        ("sessionId", visit.id),
        ("additionalTags", []),
        ("attribution", 1),
        ("attrs", {"vip": True}),
    ]


def test_a_lead_request_states_its_client_without_a_source(server: ServerProcess, served: Stage, owner: Player) -> None:
    lead_request = served.lead_request(owner, TEN, phone="79205550055", email="Ivan@Example.ru")
    deal_id = server.register(owner.token, requestId=lead_request.id, source="said").json()["orderId"]
    result = server.update(owner.token, orderId=deal_id).json()
    assert (result["order"]["callId"], result["session"]) == (None, None)
    assert result["client"]["phones"] == [{"phoneNumber": "79205550055", "phoneType": "OTHER"}]
    assert result["client"]["contacts"] == [{"contactType": "EMAIL", "contactValue": "ivan@example.ru"}]


def test_the_session_follows_the_sites_model_at_once_for_the_past(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    served.visit(owner, TEN - timedelta(days=2), TrafficSource("yandex", "cpc"), visitor="v")
    last = served.visit(owner, TEN - timedelta(minutes=5), DIRECT, visitor="v")
    call = served.call(owner, TEN, visit_id=last.id)
    deal_id = server.register(owner.token, callId=call.id).json()["orderId"]

    def credited() -> tuple[str, int]:
        session = server.update(owner.token, orderId=deal_id).json()["session"]
        return session["source"], session["attribution"]

    assert credited() == ("yandex", 1)
    assert server.command("site", "set", str(owner.site.id), "attribution=0").returncode == 0
    seen = {credited()}

    def follows() -> bool:
        seen.add(credited())
        return ("(direct)", 0) in seen

    wait_until(follows)
    assert seen <= {("yandex", 1), ("(direct)", 0)}
