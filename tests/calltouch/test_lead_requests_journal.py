"""`requests`: the journal of lead requests, over HTTP to a real server."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from cast import Player, Stage, moscow
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_request import LeadRequest
from dealtrace.operations.leads.delete import delete_lead
from described import check_answer
from server import REST, ServerProcess

TEN = moscow("2018-03-26", "10:00:00")
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
NOT_SPECIFIED = "<не указано>"
KEYS = [
    "date", "comments", "requestType", "dateStr", "manager", "session", "subject", "uniqTargetRequest",
    "uniqueRequest", "yandexDirect", "googleAdWords", "requestNumber", "requestId", "client", "siteId", "orders",
    "targetRequest", "status", "order", "mapVisits", "requestUrl", "ctClientId", "dcm", "ctGlobalId", "widgetInfo",
    "RequestTags", "hostname", "customFields",
]  # fmt: skip
"""The keys as the vendor sends them, in its order, then those of its newer answers."""
SESSION_KEYS = [
    "sessionId", "keywords", "city", "ip", "source", "medium", "ref", "url", "utmSource", "utmMedium", "utmTerm",
    "utmContent", "utmCampaign", "guaClientId", "sessionDate", "attrs", "attribution", "yaClientId", "additionalTags",
    "ctGlobalId", "browser", "device", "os", "browserName",
]  # fmt: skip
FLAGS = (
    "withMapVisits", "withRequestTags", "withYandexDirect", "withGoogleAdwords", "withDcm", "withCustomFields",
    "withAttrs",
)  # fmt: skip


def listed(server: ServerProcess, player: Player, **parameters: Any) -> list[dict[str, Any]]:
    answer = server.lead_requests(player.token, **parameters)
    assert answer.status_code == 200, answer.text
    result: list[dict[str, Any]] = answer.json()
    check_answer(server, f"{REST}/requests", result)
    return result


def numbers(server: ServerProcess, player: Player, **parameters: Any) -> list[str]:
    return [record["requestNumber"] for record in listed(server, player, **parameters)]


UNKNOWN_SESSION = {
    "sessionId": None,
    "keywords": "(not set)",
    "city": NOT_SPECIFIED,
    "ip": "",
    "source": "(not set)",
    "medium": "(not set)",
    "ref": "",
    "url": "",
    **dict.fromkeys(("utmSource", "utmMedium", "utmTerm", "utmContent", "utmCampaign"), NOT_SPECIFIED),
    **dict.fromkeys(("guaClientId", "sessionDate", "attrs")),
    "attribution": 1,
    "yaClientId": None,
    "additionalTags": [],
    "ctGlobalId": None,
    **dict.fromkeys(("browser", "device", "os", "browserName"), ""),
}


def test_a_bare_lead_request_has_every_key_and_type_that_the_vendor_shows(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    taken = served.lead_request(owner, TEN, phone="79205550055")
    (record,) = listed(server, owner)
    client_id = record["client"]["clientId"]
    assert isinstance(client_id, int)
    assert list(record.items()) == [
        ("date", 1522047600000),
        ("comments", []),
        ("requestType", None),
        ("dateStr", "26/03/2018 10:00:00"),
        ("manager", None),
        ("session", UNKNOWN_SESSION),
        ("subject", ""),
        ("uniqTargetRequest", True),
        ("uniqueRequest", True),
        ("yandexDirect", None),
        ("googleAdWords", None),
        ("requestNumber", str(taken.id)),
        ("requestId", taken.id),
        (
            "client",
            {
                "clientId": client_id,
                "fio": "",
                "phones": [{"phoneNumber": "79205550055", "phoneType": "OTHER"}],
                "contacts": [],
            },
        ),
        ("siteId", owner.site.id),
        ("orders", []),
        ("targetRequest", True),
        ("status", "NOT_SET"),
        *dict.fromkeys(("order", "mapVisits", "requestUrl", "ctClientId", "dcm", "ctGlobalId", "widgetInfo")).items(),
        ("RequestTags", None),
        ("hostname", ""),
        ("customFields", None),
    ]


def full_lead_request(served: Stage, owner: Player) -> LeadRequest:
    """Take in a lead request of which everything is told, by a visitor who came twice."""
    served.visit(owner, TEN - 2 * DAY, TrafficSource("yandex", "organic"), visitor="77")
    visit = served.visit(
        owner, TEN - MINUTE, TrafficSource("google", "cpc", "701", "802", "buy"), visitor="77",
        landing_url="https://shop.example/", referrer="https://google.com/", ip="10.0.0.1", user_agent="Mozilla",
        utm=TrafficSource("google", "cpc", "701", "802"), google_client_id="GA1", yandex_client_id="YM1",
        attrs={"a": 1},
    )  # fmt: skip
    return served.lead_request(
        owner, TEN, phone="79205550055", email="a@b.ru", client_name="Иван", number="form-1", form_name="Расчёт",
        page_url="https://shop.example/form", visit_id=visit.id,
        annotations=Annotations("Анна", "после шести", ("a", "b"), {"margin": "5"}),
    )  # fmt: skip


def test_a_full_lead_request_states_everything_that_is_asked_for(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    taken = full_lead_request(served, owner)
    deal = server.register(owner.token, requestId=taken.id, orderSum="1000.50", orderNumber="n", orderComment="ok")
    (record,) = listed(server, owner, **dict.fromkeys(FLAGS, "True"))
    assert list(record) == KEYS
    assert list(record["session"]) == SESSION_KEYS
    assert record["comments"] == [
        {"commentId": taken.id, "requestId": taken.id, "comment": "после шести", "partyId": None, "partyName": None}
    ]
    expected = {
        "manager": "Анна",
        "subject": "Расчёт",
        "requestNumber": "form-1",
        "requestUrl": "https://shop.example/form",
        "hostname": "shop.example",
        "ctClientId": 77,
        "RequestTags": [{"category": "", "type": "API", "names": ["a", "b"]}],
        "yandexDirect": None,
        "googleAdWords": {"campaignId": 701, "adGroupId": None, "creativeId": 802, "criteriaId": None},
        "customFields": [{"field": "margin", "value": "5"}],
    }
    assert {key: record[key] for key in expected} == expected
    assert (record["client"]["fio"], record["client"]["contacts"]) == (
        "Иван", [{"contactType": "EMAIL", "contactValue": "a@b.ru"}],
    )  # fmt: skip
    result = {
        "keywords": "buy", "city": NOT_SPECIFIED, "source": "google", "medium": "cpc", "utmCampaign": "701",
        "utmTerm": NOT_SPECIFIED, "sessionDate": "26/03/2018 09:59:00", "guaClientId": "GA1", "yaClientId": "YM1",
        "attribution": 1, "attrs": {"a": 1}, "browser": "Mozilla", "additionalTags": [],
    }  # fmt: skip
    assert {key: record["session"][key] for key in result} == result
    assert [map_visit["source"] for map_visit in record["mapVisits"]] == ["yandex", "google"]
    (deal_entry,) = record["orders"]
    assert list(deal_entry) == [
        "orderId", "callId", "dateCreated", "status", "realSum", "offered", "sent", "sum", "isMarked",
        "commentsCount", "currentAmount", "orderNumber", "orderSum", "orderStatus", "orderComments", "session",
    ]  # fmt: skip
    assert (deal_entry["orderId"], deal_entry["callId"]) == (deal.json()["orderId"], None)
    assert (deal_entry["sum"], deal_entry["orderSum"], deal_entry["currentAmount"]) == ("1000.5000", "1000.5000", 1001)
    assert (deal_entry["orderComments"], deal_entry["session"]["source"], len(deal_entry["session"])) == (
        "ok", "google", 19,
    )  # fmt: skip


def test_what_was_not_asked_for_is_null(server: ServerProcess, served: Stage, owner: Player) -> None:
    full_lead_request(served, owner)
    (record,) = listed(server, owner, **dict.fromkeys(FLAGS, "false"))
    unasked = ("mapVisits", "RequestTags", "yandexDirect", "googleAdWords", "dcm", "customFields")
    assert {key: record[key] for key in unasked} == dict.fromkeys(unasked)
    assert record["session"]["attrs"] is None


def test_a_stated_source_stands_in_the_session(server: ServerProcess, served: Stage, owner: Player) -> None:
    taken = served.lead_request(
        owner, TEN, phone="79205550055", annotations=Annotations(stated_source=TrafficSource("flyer", "print"))
    )
    server.register(owner.token, requestId=taken.id)
    (record,) = listed(server, owner)
    assert list(record["session"]) == SESSION_KEYS
    for result in (record["session"], record["orders"][0]["session"]):
        assert (result["sessionId"], result["source"], result["medium"]) == (None, "flyer", "print")
        assert (result["utmSource"], result["utmMedium"]) == ("flyer", "print")


def test_a_page_says_how_many_there_are_in_all(server: ServerProcess, served: Stage, owner: Player) -> None:
    for minute in range(3):
        served.lead_request(owner, TEN + minute * MINUTE)
    asked = {"clientApiId": owner.token, "dateFrom": "03/26/2018", "dateTo": "03/26/2018"}
    for part in ({"page": "1", "limit": "2"}, {"page": "2", "limit": "2"}, {"page": "3", "limit": "2"}, {"limit": "1"}):
        answer = server.http.get(f"{REST}/requests/", params={**asked, **part})
        assert answer.headers["x-total-count"] == "3"
    assert "x-total-count" not in server.http.get(f"{REST}/requests/", params=asked).headers


def test_a_change_of_a_deal_whose_lead_has_no_source_still_answers_null(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    taken = served.lead_request(owner, TEN, phone="79205550055")
    deal = server.register(owner.token, requestId=taken.id).json()
    assert server.update(owner.token, orderId=deal["orderId"], status="won").json()["session"] is None


def test_the_model_that_is_asked_for_changes_the_sources(server: ServerProcess, served: Stage, owner: Player) -> None:
    visits = [served.visit(owner, TEN - n * DAY, TrafficSource(f"s{n}", "cpc")) for n in (2, 1)]
    served.lead_request(owner, TEN, phone="79205550055", visit_id=visits[-1].id)
    result = [listed(server, owner, attribution=model)[0]["session"] for model in (1, 2)]
    assert [(item["source"], item["attribution"]) for item in result] == [("s1", 1), ("s2", 2)]


@dataclass(frozen=True)
class Filter:
    """What is asked, and which of the lead requests of `shelf` are listed, in this order."""

    asked: dict[str, Any]
    found: list[str]


@pytest.fixture
def shelf(served: Stage, owner: Player) -> None:
    """Take in lead requests around the edges of a day."""
    visit = served.visit(owner, moscow("2018-03-25", "23:50:00"), TrafficSource("yandex"))
    moments = {
        "yesterday": ("2018-03-25", "23:59:59"),
        "midnight": ("2018-03-26", "00:00:00"),
        "noon": ("2018-03-26", "12:00:00"),
        "last second": ("2018-03-26", "23:59:59"),
        "tomorrow": ("2018-03-27", "00:00:00"),
    }
    for name, moment in moments.items():
        visited = {"visit_id": visit.id} if name == "midnight" else {}
        served.lead_request(owner, moscow(*moment), phone="79205550055", number=name, **visited)


DAY_OF = ["midnight", "noon", "last second"]
ALL = ["yesterday", *DAY_OF, "tomorrow"]
WEEK = {"dateFrom": "03/20/2018", "dateTo": "3/27/2018"}
FILTERS = {
    "one whole day": Filter({}, DAY_OF),
    "days are days of months": Filter({"dateFrom": "03/11/2018", "dateTo": "03/12/2018"}, []),
    "any interval": Filter(WEEK, ALL),
    "the year first": Filter({"dateFrom": "2018/03/26", "dateTo": "2018/3/26"}, DAY_OF),
    "both orders at once": Filter({"dateFrom": "2018/03/26", "dateTo": "03/27/2018"}, [*DAY_OF, "tomorrow"]),
    "from a time on": Filter({"timeFrom": "12:00:00"}, ["noon", "last second"]),
    "up to a time": Filter({"timeTo": "11:59:59"}, ["midnight"]),
    "by the visit": Filter({"bindTo": "session", "dateFrom": "03/25/2018", "dateTo": "03/25/2018"}, ["midnight"]),
    "by number, without dates": Filter({"dateFrom": "", "dateTo": "", "requestNumber": "tomorrow"}, ["tomorrow"]),
    "by number, outside the interval": Filter({"requestNumber": "tomorrow"}, []),
    "an unknown number": Filter({"dateFrom": "", "dateTo": "", "requestNumber": "nobody's"}, []),
    "a page": Filter({"page": 1, **WEEK}, ALL),
    "a page and a limit": Filter({"page": 2, "limit": 2, **WEEK}, ["noon", "last second"]),
    "the last page": Filter({"page": 3, "limit": 2, **WEEK}, ["tomorrow"]),
    "beyond the last": Filter({"page": 4, "limit": 2, **WEEK}, []),
    "a limit alone": Filter({"limit": 2, **WEEK}, ["yesterday", "midnight"]),
    "a great limit": Filter({"limit": 10000, **WEEK}, ALL),
    "page 0": Filter({"page": 0, "limit": 1}, ["midnight"]),
    "an unknown parameter": Filter({"perPage": 2}, DAY_OF),
}


@pytest.mark.parametrize("wanted", FILTERS.values(), ids=FILTERS)
@pytest.mark.usefixtures("shelf")
def test_it_filters_and_is_an_array_whatever_is_asked(server: ServerProcess, owner: Player, wanted: Filter) -> None:
    assert numbers(server, owner, **wanted.asked) == wanted.found


@pytest.mark.usefixtures("shelf")
def test_one_lead_request_is_found_by_its_id(server: ServerProcess, owner: Player, stranger: Player) -> None:
    wanted = listed(server, owner)[1]
    sent = {"requestId": wanted["requestId"], "dateFrom": "", "dateTo": ""}
    assert listed(server, owner, **sent) == [wanted]
    assert listed(server, stranger, **sent) == []


@pytest.mark.usefixtures("shelf")
def test_a_site_may_be_named_and_must_be_the_tokens(server: ServerProcess, owner: Player, stranger: Player) -> None:
    assert numbers(server, owner, siteId=owner.site.id) == DAY_OF
    refused = server.lead_requests(owner.token, siteId=stranger.site.id)
    assert (refused.status_code, refused.json()["errorCode"]) == (403, "10021")


@pytest.mark.usefixtures("shelf")
def test_a_hidden_one_is_not_listed(server: ServerProcess, served: Stage, owner: Player) -> None:
    gone = listed(server, owner)[0]
    with served.database.write() as connection:
        delete_lead(served.work(connection, owner, TEN), LeadRef(LeadKind.LEAD_REQUEST, gone["requestId"]))
    assert numbers(server, owner) == DAY_OF[1:]


def test_whoever_reads_parts_until_one_is_short_gets_each_once_though_more_come_in(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    there = [
        served.lead_request(owner, TEN + n * MINUTE, phone="79205550055", number=f"there {n}").id for n in range(7)
    ]
    seen: list[int] = []
    page = 1
    while True:
        part = listed(server, owner, page=page, limit=3)
        seen += [item["requestId"] for item in part]
        served.lead_request(owner, TEN - MINUTE, phone="79205550055", number=f"new {page}")
        if len(part) < 3:
            break
        page += 1
    assert seen == there


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({"dateFrom": "", "dateTo": ""}, ["dateFrom", "dateTo"]),
        ({"dateFrom": "26/03/2018"}, ["dateFrom"]),
        ({"dateFrom": "2018-03-26", "dateTo": "2018/13/01"}, ["dateFrom", "dateTo"]),
        ({"dateFrom": "03/27/2018"}, ["dateFrom"]),
        ({"attribution": "-1"}, ["attribution"]),
        ({"siteId": "shop"}, ["siteId"]),
        ({"requestId": "1.5"}, ["requestId"]),
        ({"bindTo": "created"}, ["bindTo"]),
        ({"withAttrs": "yes"}, ["withAttrs"]),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_named(
    server: ServerProcess, owner: Player, asked: dict[str, Any], fields: list[str]
) -> None:
    refused = server.lead_requests(owner.token, **asked)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "10007")
    violations = refused.json()["data"]["validationErrorData"]["violations"]
    assert [violation["field"] for violation in violations] == fields


def test_it_costs_a_point_and_takes_a_get_alone(server: ServerProcess, served: Stage) -> None:
    poor = served.open_site(points_per_day=1)
    assert server.lead_requests(poor.token).json() == []
    assert server.lead_requests(poor.token).json()["errorCode"] == "10031"
    assert server.http.post(f"{REST}/requests/").status_code == 405
