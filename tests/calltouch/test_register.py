"""`orders/register`: a table of scenarios, each over HTTP to a real server."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from cast import Player, Stage, moscow
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.storage.schema.tables.deals import deal as deal_table
from dealtrace.storage.schema.tables.leads import call as call_table
from server import REGISTER, ServerProcess, deal_parameters
from waiting import wait_until_followed

TEN = moscow("2018-03-26", "10:00:00")
KEYS = [
    "orderId",
    "callId",
    "dateCreated",
    "status",
    "realSum",
    "offered",
    "sent",
    "sum",
    "isMarked",
    "commentsCount",
    "currentAmount",
    "orderNumber",
]


@dataclass(frozen=True)
class Scenario:
    """What is sent beside the required parameters, and what the answer and the journal then hold."""

    sent: dict[str, Any]
    answer: dict[str, Any] = field(default_factory=dict)
    stored: dict[str, Any] = field(default_factory=dict)


SCENARIOS = {
    "only what is required": Scenario(
        {}, {"status": "new", "sum": "1000", "callId": None}, {"service": "AmoCRM", "manager": None, "visit": None}
    ),
    "a sum is echoed as sent, with a comma and spaces": Scenario(
        {"orderSum": "1 000,50"}, {"sum": "1 000,50", "currentAmount": 1000.5}, {"plannedAmount": 1000.5}
    ),
    "a no-break space in a sum": Scenario({"orderSum": "1\u00a0000"}, {"currentAmount": 1000}),
    "a sum below zero is a return": Scenario({"orderSum": "-50"}, {"sum": "-50", "currentAmount": -50}),
    "a sum of nothing": Scenario({"orderSum": "0"}, {"currentAmount": 0}),
    "a sum is rounded half up to four places": Scenario(
        {"orderSum": "0.00005"}, {"sum": "0.00005", "currentAmount": 0.0001}, {"plannedAmount": 0.0001}
    ),
    "the greatest sum": Scenario({"orderSum": "900000000000000"}, {"currentAmount": 900000000000000}),
    "a deal of the future": Scenario({"orderDate": "01.01.2100 00:00:00"}, {"sent": "01.01.2100"}),
    "before 26.10.2014 Moscow was four hours ahead": Scenario(
        {"orderDate": "26.03.2014 10:00:00"}, {"dateCreated": 1395813600000, "sent": "26.03.2014"}
    ),
    "a date as 1C writes it": Scenario(
        {"orderDate": "\u200e6.3.2018\u00a09:00:00.5 "}, {"dateCreated": 1520316000000, "sent": "06.03.2018"}
    ),
    "tags are trimmed and told once": Scenario(
        {"tags": " опт, срочно ,,опт"}, {}, {"tags": [{"category": "", "type": "API", "names": ["опт", "срочно"]}]}
    ),
    "a comment": Scenario({"orderComment": "перезвонить & уточнить"}, {}, {"comment": "перезвонить & уточнить"}),
    "a stated source": Scenario(
        {"source": "пришел на ресепшн", "medium": "оффлайн"},
        {"callId": None},
        {"visit.source": "пришел на ресепшн", "visit.medium": "оффлайн", "visit.sessionId": None},
    ),
    "all five parts of a stated source": Scenario(
        {"source": "s", "medium": "m", "campaign": "c", "content": "o", "term": "t"},
        {},
        {"visit.utmCampaign": "c", "visit.utmContent": "o", "visit.utmTerm": "t", "visit.keyword": "t"},
    ),
    "a custom field the site has": Scenario(
        {"custom[margin]": "15%"}, {}, {"customFields": [{"field": "margin", "value": "15%"}]}
    ),
    "a custom field the site does not have is passed over": Scenario({"custom[other]": "1"}, {}, {"customFields": []}),
    "empty parameters count as absent": Scenario(
        {"callId": "", "orderNumber": "", "tags": "", "linkTimeThreshold": "", "manager": ""},
        {"callId": None},
        {"manager": None, "tags": []},
    ),
    "blank parameters count as absent": Scenario(
        {"callId": " ", "orderNumber": "\u00a0 ", "tags": " ", "manager": "\u200e", "orderComment": " "},
        {"callId": None},
        {"manager": None, "tags": [], "comment": ""},
    ),
    "unknown parameters are passed over": Scenario({"node": "7", "id": "abc", "requestDate": "?"}, {"status": "new"}),
    "an unknown call, and no source": Scenario({"callId": "9007199254740991"}, {"callId": None}, {"visit": None}),
    "an unknown lead request, and a stated source": Scenario(
        {"requestNumber": "nobody", "source": "выставка"}, {"callId": None}, {"visit.source": "выставка"}
    ),
    "a phone nobody called from, and a stated source": Scenario(
        {"phoneNumber": "79205550055", "source": "выставка"}, {"callId": None}, {"visit.source": "выставка"}
    ),
    "a status in letters of every kind": Scenario({"orderStatus": "в работе 🚀 <b>"}, {"status": "в работе 🚀 <b>"}),
    "a phone nobody can dial is kept and matches nothing": Scenario(
        {"phoneNumber": "не звонить"}, {"callId": None}, {"contacts": {"phones": ["не звонить"], "emails": []}}
    ),
}


def at(record: dict[str, Any], path: str) -> Any:
    """Look a dotted path up."""
    for part in path.split("."):
        record = record[part]
    return record


def stored(server: ServerProcess, player: Player, order_id: int) -> dict[str, Any]:
    """Read the deal back from the journal, with everything it can tell."""
    sent = {
        "dateFrom": "",
        "dateTo": "",
        "withOrdersTags": 1,
        "withComments": 1,
        "withContacts": 1,
        "withAllOrderOrigins": 1,
    }
    (record,) = server.journal(player.token, player.site.id, orderId=order_id, **sent).json()["records"]
    found: dict[str, Any] = record
    return found


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_it_registers(server: ServerProcess, owner: Player, scenario: Scenario) -> None:
    answer = server.register(owner.token, **scenario.sent)
    assert answer.status_code == 200, answer.text
    result = answer.json()
    assert list(result) == KEYS
    assert scenario.answer.items() <= result.items()
    record = stored(server, owner, result["orderId"])
    assert {path: at(record, path) for path in scenario.stored} == scenario.stored


@pytest.mark.parametrize("path", [REGISTER, REGISTER.rstrip("/"), f"/{REGISTER}", f"{REGISTER}/"])
def test_a_slash_more_or_less_makes_no_difference(server: ServerProcess, owner: Player, path: str) -> None:
    request = f"GET {path}?clientApiId={owner.token}&orderSum=1&orderStatus=a&orderDate=26.03.2018%2010:00:00&service=x"
    answer = server.raw(f"{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_form_is_taken_with_plain_spaces_in_the_date(server: ServerProcess, owner: Player) -> None:
    body = (
        f"clientApiId={owner.token}&orderSum=1000&orderStatus=new&orderDate=26.03.2018 10:00:00&service=1С&manager=Коля"
    )
    answer = server.http.post(
        REGISTER, content=body.encode(), headers={"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
    )
    assert (answer.status_code, answer.json()["dateCreated"]) == (200, 1522047600000)
    assert stored(server, owner, answer.json()["orderId"])["manager"] == "Коля"


def test_a_form_is_taken_without_a_content_type(server: ServerProcess, owner: Player) -> None:
    body = "&".join(f"{name}={value}" for name, value in deal_parameters(owner.token).items())
    assert server.http.post(REGISTER, content=body.encode()).status_code == 200


def test_multipart_is_taken_as_browsers_send_it(server: ServerProcess, owner: Player) -> None:
    parts = {name: (None, str(value)) for name, value in deal_parameters(owner.token, manager="Коля").items()}
    answer = server.http.post(REGISTER, files={**parts, "scan": ("scan.png", b"\x89PNG\0", "image/png")})
    assert answer.status_code == 200, answer.text
    assert stored(server, owner, answer.json()["orderId"])["manager"] == "Коля"


def test_the_body_wins_over_the_query(server: ServerProcess, owner: Player) -> None:
    answer = server.http.post(
        REGISTER, params=deal_parameters(owner.token, orderStatus="query"), data={"orderStatus": "body"}
    )
    assert answer.json()["status"] == "body"


def test_the_first_of_a_repeated_parameter_counts(server: ServerProcess, owner: Player) -> None:
    answer = server.http.get(REGISTER, params=[*deal_parameters(owner.token).items(), ("orderStatus", "second")])
    assert answer.json()["status"] == "new"


@pytest.mark.parametrize("name", ["custom[margin]", "custom%5Bmargin%5D", "custom%5bmargin]"])
def test_a_custom_name_may_be_encoded_or_not(server: ServerProcess, owner: Player, name: str) -> None:
    query = "&".join(f"{key}={value}" for key, value in deal_parameters(owner.token).items()).replace(" ", "%20")
    request = f"GET {REGISTER}?{query}&{name}=15 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = server.raw(request.encode())
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    (record,) = server.journal(owner.token, owner.site.id).json()["records"]
    assert record["customFields"] == [{"field": "margin", "value": "15"}]


def test_without_a_number_the_id_is_one(server: ServerProcess, owner: Player) -> None:
    result = server.register(owner.token).json()
    assert result["orderNumber"] == str(result["orderId"])
    assert result["orderId"] >= 10**9


def test_the_same_registration_again_is_a_safe_retry(server: ServerProcess, owner: Player) -> None:
    first = server.register(owner.token, orderNumber="1C-1", tags="a")
    server.update(owner.token, orderNumber="1C-1", status="won", orderSum="5")
    again = server.register(owner.token, orderNumber="1C-1", tags="a")
    assert (again.status_code, again.text) == (200, first.text)
    assert server.journal(owner.token, owner.site.id).json()["recordsTotal"] == 1


@pytest.mark.parametrize("different", [{"orderSum": "1000.0"}, {"tags": "b"}, {"manager": "Коля"}, {"custom[x]": "1"}])
def test_a_number_in_use_is_refused_naming_its_deal(
    server: ServerProcess, owner: Player, different: dict[str, str]
) -> None:
    first = server.register(owner.token, orderNumber="1C-1").json()
    refused = server.register(owner.token, orderNumber="1C-1", **different)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "10042")
    assert str(first["orderId"]) in refused.json()["message"]
    assert server.journal(owner.token, owner.site.id).json()["recordsTotal"] == 1


def test_blanks_around_a_number_mean_nothing_and_are_stated_back(server: ServerProcess, owner: Player) -> None:
    sent = {"orderNumber": " 1C-1\u00a0", "orderSum": "7"}
    first = server.register(owner.token, **sent)
    assert first.json()["orderNumber"] == " 1C-1\u00a0"
    assert server.register(owner.token, **sent).json() == first.json()
    assert server.register(owner.token, **{**sent, "orderNumber": "1C-1"}).json()["errorCode"] == "10042"
    changed = server.update(owner.token, orderNumber="1C-1 ", status="won").json()["order"]
    assert (changed["orderId"], changed["orderNumber"]) == (first.json()["orderId"], "1C-1 ")
    (record,) = server.journal(owner.token, owner.site.id, orderNumber=" 1C-1").json()["records"]
    assert record["orderNumber"] == "1C-1"
    deleted = server.delete(owner.token, orderNumber="\u200e1C-1").json()
    assert (deleted["orderId"], deleted["orderNumber"]) == (first.json()["orderId"], "\u200e1C-1")


def test_a_number_of_blanks_is_no_number(server: ServerProcess, owner: Player) -> None:
    result = [server.register(owner.token, orderNumber=" ").json() for _ in range(2)]
    assert [deal["orderNumber"] for deal in result] == [str(deal["orderId"]) for deal in result]


def test_an_earlier_number_with_blanks_is_still_found(server: ServerProcess, served: Stage, owner: Player) -> None:
    first = server.register(owner.token, orderNumber="1C-1").json()
    with served.database.write() as connection:
        connection.execute(update(deal_table).where(deal_table.c.id == first["orderId"]).values(number=" 1C-1"))
    assert server.register(owner.token, orderNumber=" 1C-1", orderSum="7").json()["errorCode"] == "10042"
    assert server.update(owner.token, orderNumber=" 1C-1").json()["order"]["orderId"] == first["orderId"]
    assert server.journal(owner.token, owner.site.id, orderNumber=" 1C-1").json()["recordsTotal"] == 1


def test_a_retry_may_come_by_another_way(server: ServerProcess, owner: Player) -> None:
    sent = deal_parameters(owner.token, orderNumber="1C-1")
    assert server.http.get(REGISTER, params=sent).json() == server.http.post(REGISTER, data=dict(sent)).json()


def test_a_deleted_deal_frees_its_number(server: ServerProcess, owner: Player) -> None:
    first = server.register(owner.token, orderNumber="1C-1").json()
    server.delete(owner.token, orderNumber="1C-1")
    second = server.register(owner.token, orderNumber="1C-1").json()
    assert second["orderId"] != first["orderId"]


def test_two_sites_may_use_one_number(server: ServerProcess, owner: Player, stranger: Player) -> None:
    assert server.register(owner.token, orderNumber="1C-1").status_code == 200
    assert server.register(stranger.token, orderNumber="1C-1", orderSum="7").status_code == 200


def test_the_date_is_on_the_sites_own_clock(server: ServerProcess, stranger: Player) -> None:
    result = server.register(stranger.token).json()
    assert (result["dateCreated"], result["sent"]) == (1522047600000 - 7 * 3600 * 1000, "26.03.2018")


class TestByLead:
    """The lead is named by its id or its number elsewhere."""

    def test_a_call_by_id_and_by_reference(self, server: ServerProcess, served: Stage, owner: Player) -> None:
        call = served.call(owner, TEN, reference="ats-1")
        assert server.register(owner.token, callId=call.id).json()["callId"] == call.id
        assert server.register(owner.token, callReferenceId="ats-1").json()["callId"] == call.id
        assert server.register(owner.token, callReferenceId=" ats-1\u00a0").json()["callId"] == call.id

    def test_a_deal_waits_for_its_call_whatever_blanks_surround_the_reference(
        self, server: ServerProcess, served: Stage, owner: Player
    ) -> None:
        server.register(owner.token, callReferenceId=" ats-1", orderNumber="n")
        call = served.call(owner, TEN, reference="ats-1 ")
        assert server.update(owner.token, orderNumber="n").json()["order"]["callId"] == call.id

    def test_an_earlier_reference_with_blanks_is_still_found(
        self, server: ServerProcess, served: Stage, owner: Player
    ) -> None:
        stored = served.call(owner, TEN, reference="ats-1")
        with served.database.write() as connection:
            connection.execute(update(call_table).where(call_table.c.id == stored.id).values(reference=" ats-1"))
        assert server.register(owner.token, callReferenceId=" ats-1").json()["callId"] == stored.id

    def test_an_unknown_id_falls_back_to_the_reference(
        self, server: ServerProcess, served: Stage, owner: Player
    ) -> None:
        call = served.call(owner, TEN, reference="ats-1")
        assert server.register(owner.token, callId=1, callReferenceId="ats-1").json()["callId"] == call.id

    def test_a_lead_request_by_id_and_by_number(self, server: ServerProcess, served: Stage, owner: Player) -> None:
        lead_request = served.lead_request(owner, TEN, email="a@b.ru", number="form-1", form_name="Обратный звонок")
        for clue in (
            {"requestId": lead_request.id},
            {"requestNumber": "form-1"},
            {"requestId": 1, "requestNumber": "form-1"},
        ):
            result = server.register(owner.token, **clue).json()
            assert result["callId"] is None
            origin = {"type": "REQUEST", "requestId": lead_request.id, "formName": "Обратный звонок"}
            assert stored(server, owner, result["orderId"])["orderSource"] == origin

    def test_a_call_and_a_lead_request_exclude_each_other(self, server: ServerProcess, owner: Player) -> None:
        refused = server.register(owner.token, callReferenceId="ats-1", requestId=5)
        assert (refused.status_code, refused.json()["errorCode"]) == (400, "10043")
        assert "callReferenceId" in refused.json()["message"]
        assert server.journal(owner.token, owner.site.id).json()["recordsTotal"] == 0

    def test_an_id_binds_whenever_the_lead_was(self, server: ServerProcess, served: Stage, owner: Player) -> None:
        call = served.call(owner, TEN + timedelta(days=300))
        assert server.register(owner.token, callId=call.id).json()["callId"] == call.id

    def test_one_lead_may_have_many_deals(self, server: ServerProcess, served: Stage, owner: Player) -> None:
        call = served.call(owner, TEN)
        result = [server.register(owner.token, callId=call.id).json() for _ in range(2)]
        assert [item["callId"] for item in result] == [call.id, call.id]

    def test_a_neighbours_call_is_not_found(
        self, server: ServerProcess, served: Stage, owner: Player, stranger: Player
    ) -> None:
        call = served.call(owner, TEN, reference="ats-1")
        assert server.register(stranger.token, callId=call.id).json()["callId"] is None
        assert server.register(stranger.token, callReferenceId="ats-1").json()["callId"] is None

    def test_the_leads_source_stands_above_a_stated_one(
        self, server: ServerProcess, served: Stage, owner: Player
    ) -> None:
        visit = served.visit(owner, TEN - timedelta(minutes=1), TrafficSource("yandex", "cpc"))
        call = served.call(owner, TEN, visit_id=visit.id)
        result = server.register(owner.token, callId=call.id, source="выставка").json()
        assert stored(server, owner, result["orderId"])["visit"]["source"] == "yandex"


@dataclass(frozen=True)
class Match:
    """A deal of 17:10:00, the clue it carries, and the lead that is found by it: `call`, `request` or none."""

    sent: dict[str, Any]
    found: str | None


FIVE_PM = moscow("2018-03-26", "17:00:00")
PHONE = {"phoneNumber": "79205550055"}
MATCHES = {
    "the seed's call, whose window just reaches": Match({**PHONE, "linkTimeThreshold": 300}, "call"),
    "the seed's call, one second short; and the lead request too": Match({**PHONE, "linkTimeThreshold": 299}, None),
    "two hours by default": Match(PHONE, "call"),
    "calls come first, though the lead request is nearer": Match({**PHONE, "linkTimeThreshold": 7200}, "call"),
    "requests only": Match({**PHONE, "bindTo": "requests"}, "request"),
    "requests only, just inside": Match({**PHONE, "bindTo": "requests", "linkTimeThreshold": 480}, "request"),
    "requests only, one second short": Match({**PHONE, "bindTo": "requests", "linkTimeThreshold": 479}, None),
    "calls only": Match({**PHONE, "bindTo": "calls"}, "call"),
    "an e-mail finds lead requests, in any letters": Match({"email": "Ivan@Example.RU"}, "request"),
    "an e-mail never finds calls": Match({"email": "ivan@example.ru", "bindTo": "calls"}, None),
    "a phone written another way": Match({"phoneNumber": "8 (920) 555-00-55"}, "call"),
    "phone first, then e-mail": Match({"phoneNumber": "79999999999", "email": "ivan@example.ru"}, "request"),
    "another phone": Match({"phoneNumber": "79999999999"}, None),
    "an unknown id gives way to the contact": Match({**PHONE, "callId": 1}, "call"),
    "a lead after the deal never matches": Match({**PHONE, "orderDate": "26.03.2018 16:59:59"}, None),
    "at the call's first second": Match({**PHONE, "orderDate": "26.03.2018 17:00:00"}, "call"),
    "no tolerance at all, while the call lasts": Match(
        {**PHONE, "orderDate": "26.03.2018 17:05:00", "linkTimeThreshold": 0}, "call"
    ),
    "no tolerance at all, one second later": Match(
        {**PHONE, "orderDate": "26.03.2018 17:05:01", "linkTimeThreshold": 0}, None
    ),
}


@pytest.mark.parametrize("match", MATCHES.values(), ids=MATCHES)
def test_it_matches_by_contact(server: ServerProcess, served: Stage, owner: Player, match: Match) -> None:
    call = served.call(owner, FIVE_PM, seconds=300, phone="79205550055")
    lead_request = served.lead_request(
        owner, FIVE_PM + timedelta(minutes=2), phone="79205550055", email="ivan@example.ru"
    )
    result = server.register(owner.token, **{"orderDate": "26.03.2018 17:10:00", **match.sent}).json()
    assert result["callId"] == (call.id if match.found == "call" else None)
    origin = stored(server, owner, result["orderId"])["orderSource"]
    expected = {"call": ("callId", call.id), "request": ("requestId", lead_request.id)}
    if match.found is None:
        assert origin is None
    else:
        name, lead_id = expected[match.found]
        assert origin[name] == lead_id


def test_matching_is_off_until_the_site_switches_it_on(server: ServerProcess, served: Stage) -> None:
    player = served.open_site()
    call = served.call(player, FIVE_PM)
    assert server.register(player.token, orderDate="26.03.2018 17:10:00", **PHONE).json()["callId"] is None
    assert server.command("site", "set", str(player.site.id), "contact_matching=on").returncode == 0
    wait_until_followed(server)
    assert server.register(player.token, orderDate="26.03.2018 17:10:00", **PHONE).json()["callId"] == call.id
