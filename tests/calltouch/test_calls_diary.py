"""`calls-diary/calls`: the journal of calls, over HTTP to a real server."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from cast import Player, Stage, moscow
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import Call, Circumstances
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.leads.delete import delete_lead
from described import check_answer
from server import REST, ServerProcess

TEN = moscow("2018-03-26", "10:00:00")
DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
PHONE = "79205550055"
NOT_REPORTED = "<не указано>"
CAPTURED = [
    "callId", "callphase", "attribution", "callTags", "date", "duration", "callerNumber", "redirectNumber",
    "phoneNumber", "manager", "successful", "uniqueCall", "targetCall", "uniqTargetCall", "callbackCall", "city",
    "source", "medium", "keyword", "url", "callUrl", "ref", "hostname", "utmSource", "utmMedium", "utmCampaign",
    "utmContent", "utmTerm", "sessionId", "ctCallerId", "clientId", "yaClientId", "sipCallId", "userAgent", "ip",
    "waitingConnect", "callReferenceId", "mapVisits", "attrs", "comments", "phrases", "additionalTags",
    "callClientUniqueId", "device", "os", "browser", "timestamp", "sessionDate", "orders", "order",
    "yandexDirect", "googleAdWords", "siteId", "siteName", "callbackInfo", "ctClientId", "dcm", "phonesInText",
    "ctGlobalId", "subPoolName", "statusDetails",
]  # fmt: skip
"""The keys of a record as the vendor sends them, in its order."""
KEYS = [*CAPTURED, "poolType", "customFields"]
FLAGS = (
    "withMapVisits", "withOrders", "withCallTags", "withComments", "withYandexDirect", "withGoogleAdwords", "withText",
    "withDcm", "withAttributionFields", "withCallbackInfo", "withCustomFields",
)  # fmt: skip
MARCH = {"dateFrom": "01/03/2018", "dateTo": "31/03/2018"}


def listed(server: ServerProcess, player: Player, **parameters: Any) -> list[dict[str, Any]]:
    answer = server.calls(player.token, player.site.id, **parameters)
    assert answer.status_code == 200, answer.text
    result = answer.json()
    check_answer(server, f"{REST}/{{siteId}}/calls-diary/calls", result)
    return list(result if isinstance(result, list) else result["records"])


def references(server: ServerProcess, player: Player, **parameters: Any) -> list[str]:
    return [record["callReferenceId"] for record in listed(server, player, **parameters)]


def test_it_answers_an_array_without_page_and_an_object_with_one(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    call = served.call(owner, TEN)
    (record,) = server.calls(owner.token, owner.site.id).json()
    assert record["callId"] == call.id
    assert list(server.calls(owner.token, owner.site.id, page=1).json().items()) == [
        ("page", 1),
        ("pageTotal", 1),
        ("totalPage", 1),
        ("pageSize", 1000),
        ("recordsTotal", 1),
        ("recordsCount", 1),
        ("records", [record]),
    ]


def test_where_nothing_is_found_the_array_is_empty_and_the_page_is_one_of_one(
    server: ServerProcess, owner: Player
) -> None:
    assert server.calls(owner.token, owner.site.id).json() == []
    result = server.calls(owner.token, owner.site.id, page=1).json()
    check_answer(server, f"{REST}/{{siteId}}/calls-diary/calls", result)
    assert result == {
        "page": 1,
        "pageTotal": 1,
        "totalPage": 1,
        "pageSize": 1000,
        "recordsTotal": 0,
        "recordsCount": 0,
        "records": [],
    }


def test_a_bare_call_has_every_key_and_type_that_the_vendor_shows(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    call = served.call(owner, TEN, seconds=61, phone=PHONE)
    (record,) = listed(server, owner)
    assert list(record) == KEYS
    caller_id = record.pop("ctCallerId")
    assert len(caller_id) == 32
    assert int(caller_id, 16)
    assert record == {
        "callId": call.id,
        "callphase": "calldisconnected",
        "attribution": 1,
        "callTags": None,
        "date": "26/03/2018 10:00:00",
        "duration": 61,
        "callerNumber": PHONE,
        "redirectNumber": "",
        "phoneNumber": "",
        "manager": None,
        "successful": True,
        "uniqueCall": True,
        "targetCall": True,
        "uniqTargetCall": True,
        "callbackCall": False,
        "city": NOT_REPORTED,
        "source": "(not set)",
        "medium": "(not set)",
        "keyword": "(not set)",
        "url": "",
        "callUrl": None,
        "ref": "",
        "hostname": "",
        **dict.fromkeys(("utmSource", "utmMedium", "utmCampaign", "utmContent", "utmTerm"), NOT_REPORTED),
        "sessionId": None,
        "clientId": None,
        "yaClientId": None,
        "sipCallId": "",
        "userAgent": "",
        "ip": "",
        "waitingConnect": 0,
        "callReferenceId": "",
        **dict.fromkeys(("mapVisits", "attrs", "comments", "phrases", "callClientUniqueId"), None),
        "additionalTags": [],
        **dict.fromkeys(("device", "os", "browser"), ""),
        "timestamp": 1522047600,
        "sessionDate": None,
        "orders": [],
        **dict.fromkeys(("order", "yandexDirect", "googleAdWords"), None),
        "siteId": owner.site.id,
        "siteName": "Shop",
        **dict.fromkeys(("callbackInfo", "ctClientId", "dcm", "phonesInText", "ctGlobalId"), None),
        "subPoolName": "",
        "statusDetails": "Connection succeeded",
        "poolType": None,
        "customFields": None,
    }


def full_call(served: Stage, owner: Player) -> Call:
    """Take in a call of which everything is told, by a visitor who came twice."""
    served.visit(owner, TEN - 2 * DAY, TrafficSource("google", "organic"), visitor="1234567", city="kaluga")
    visit = served.visit(
        owner,
        TEN - 5 * MINUTE,
        TrafficSource("yandex", "cpc", "701", "802", "buy"),
        visitor="1234567",
        landing_url="https://shop.example/cars?utm_campaign=701",
        referrer="https://ya.ru/",
        ip="10.0.0.1",
        user_agent="Mozilla",
        city="vladimir",
        utm=TrafficSource("ya", "cpc", "701", "802", ""),
        google_client_id="GA1",
        yandex_client_id="YM1",
        attrs={"a": 1},
    )
    result = Circumstances("sip-1", True, timedelta(seconds=7), "74950000001", "74950000002", "https://r.example/1")
    said = Annotations("Анна", "перезвонить", ("горячий", "b2b"), {"margin": "5"})
    return served.call(
        owner, TEN, seconds=61, phone="8 (920) 555-00-55", reference="r", visit_id=visit.id, circumstances=result,
        annotations=said,
    )  # fmt: skip


def test_a_full_call_states_everything_that_is_asked_for(server: ServerProcess, served: Stage, owner: Player) -> None:
    call = full_call(served, owner)
    deal = server.register(owner.token, callId=call.id, orderSum="1000.50", orderNumber="n").json()
    (record,) = listed(server, owner, **dict.fromkeys(FLAGS, "True"))
    assert list(record) == KEYS
    expected = {
        "callerNumber": PHONE,
        "phoneNumber": "74950000001",
        "redirectNumber": "74950000002",
        "manager": "Анна",
        "waitingConnect": 7,
        "sipCallId": "sip-1",
        "callReferenceId": "r",
        "source": "yandex",
        "medium": "cpc",
        "keyword": "buy",
        "utmSource": "ya",
        "utmTerm": NOT_REPORTED,
        "city": "vladimir",
        "url": "https://shop.example/cars?utm_campaign=701",
        "hostname": "shop.example",
        "ref": "https://ya.ru/",
        "ip": "10.0.0.1",
        "userAgent": "Mozilla",
        "clientId": "GA1",
        "yaClientId": "YM1",
        "ctClientId": 1234567,
        "sessionDate": "26/03/2018 09:55:00",
        "callTags": [{"category": "", "type": "API", "names": ["горячий", "b2b"]}],
        "comments": [
            {"commentId": call.id, "callId": call.id, "comment": "перезвонить", "partyId": None, "partyName": None}
        ],
        "phrases": [],
        "attrs": {"a": 1},
        "orders": [
            {
                "orderId": deal["orderId"],
                "orderNumber": "n",
                "plannedAmount": 1001,
                "completedAmount": 0,
                "createdDate": "26/03/2018 10:00:00",
                "orderDate": "26/03/2018 10:00:00",
                "completedDate": None,
            }
        ],
        "yandexDirect": {"campaignId": 701, "adGroupId": None, "adId": 802, "criteriaId": None},
        "googleAdWords": None,
        "customFields": [{"field": "margin", "value": "5"}],
    }
    assert {key: record[key] for key in expected} == expected
    first, second = record["mapVisits"]
    assert (first["source"], first["city"], first["sessionDate"]) == ("google", "kaluga", "24/03/2018 10:00:00")
    assert second["sessionId"] == record["sessionId"]
    assert list(second) == [
        "sessionId", "sessionDate", "source", "medium", "keyword", "utmSource", "utmMedium", "utmCampaign",
        "utmContent", "utmTerm", "url", "ref", "city", "ip", "userAgent", "additionalTags", "guaClientId",
        "ctClientId", "ctGlobalId",
    ]  # fmt: skip


@pytest.mark.parametrize("word", ["false", "False", "0", ""])
def test_what_was_not_asked_for_is_null_and_orders_are_empty(
    server: ServerProcess, served: Stage, owner: Player, word: str
) -> None:
    call = full_call(served, owner)
    server.register(owner.token, callId=call.id)
    (record,) = listed(server, owner, **dict.fromkeys(FLAGS, word))
    unasked = ("callTags", "mapVisits", "attrs", "comments", "phrases", "yandexDirect", "callbackInfo", "customFields")
    assert {key: record[key] for key in unasked} == dict.fromkeys(unasked)
    assert record["orders"] == []


def test_a_stated_source_stands_where_a_visits_would(server: ServerProcess, served: Stage, owner: Player) -> None:
    served.call(owner, TEN, annotations=Annotations(stated_source=TrafficSource("flyer", "print", "spring")))
    (record,) = listed(server, owner)
    result = {key: record[key] for key in ("source", "medium", "utmSource", "utmCampaign", "sessionId")}
    assert result == {
        "source": "flyer", "medium": "print", "utmSource": "flyer", "utmCampaign": "spring", "sessionId": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("circumstances", "seconds", "expected"),
    [
        (Circumstances(is_successful=True), 0, ("calldisconnected", True)),
        (Circumstances(is_successful=False), 60, ("calldisconnected", False)),
        (Circumstances(), 0, ("calldisconnected", False)),
        (Circumstances(pbx="ats"), 0, ("callconnected", False)),
        (Circumstances(pbx="ats"), 5, ("calldisconnected", True)),
    ],
    ids=str,
)
def test_it_states_how_far_a_call_is_and_whether_anybody_answered(
    server: ServerProcess,
    served: Stage,
    owner: Player,
    circumstances: Circumstances,
    seconds: int,
    expected: tuple[str, bool],
) -> None:
    served.call(owner, TEN, seconds=seconds, circumstances=circumstances)
    (record,) = listed(server, owner)
    assert (record["callphase"], record["successful"]) == expected
    assert record["statusDetails"] == ("Connection succeeded" if expected[1] else "Connection failed")


def test_a_caller_has_one_name_on_a_site_and_another_on_the_next(
    server: ServerProcess, served: Stage, owner: Player, stranger: Player
) -> None:
    for player in (owner, stranger):
        for phone in (PHONE, "8 920 555 00 55", "79990000001", "Anonymous", "Anonymous"):
            served.call(player, TEN, phone=phone)
    mine, theirs = ([item["ctCallerId"] for item in listed(server, player)] for player in (owner, stranger))
    assert mine[0] == mine[1]
    assert len(set(mine)) == 4
    assert not set(mine) & set(theirs)
    assert [item["callerNumber"] for item in listed(server, owner)][3] == "Anonymous"


# The attribution model.


def test_the_model_that_is_asked_for_changes_the_sources(server: ServerProcess, served: Stage, owner: Player) -> None:
    sources = [
        TrafficSource("first", "cpc"), TrafficSource("second", "cpc"), TrafficSource("(direct)", "(none)"),
    ]  # fmt: skip
    visits = [served.visit(owner, TEN - (3 - n) * DAY, source) for n, source in enumerate(sources)]
    served.call(owner, TEN, visit_id=visits[-1].id)
    by_model = {}
    for model in range(7):
        (record,) = listed(server, owner, attribution=model)
        assert record["attribution"] == model
        by_model[model] = record["source"]
    assert [by_model[model] for model in (0, 1, 2, 3)] == ["(direct)", "second", "first", "first"]
    (record,) = listed(server, owner)
    assert (record["attribution"], record["source"]) == (1, "second")
    found = [listed(server, owner, attribution=model, **{"source.value": "first"}) for model in (1, 2)]
    assert [len(item) for item in found] == [0, 1]


# What is listed.


@dataclass(frozen=True)
class Filter:
    """What is asked, and which of the calls of `shelf` are listed, in this order."""

    asked: dict[str, Any]
    found: list[str]


@pytest.fixture(scope="module")
def shelf(served: Stage) -> Player:
    """Give a site with calls around the edges of a day, to tests that only read."""
    owner = served.open_site(contact_matching=True, fields=["margin"])
    fill_shelf(served, owner)
    return owner


def fill_shelf(served: Stage, owner: Player) -> None:
    """Take in calls around the edges of a day."""
    visit = served.visit(
        owner, moscow("2018-03-25", "23:50:00"), TrafficSource("yandex", "cpc", "Весна 100%"),
        utm=TrafficSource("ya", "cpc", "Весна 100%"), google_client_id="GA1",
    )  # fmt: skip
    calls: dict[str, tuple[Any, dict[str, Any]]] = {
        "yesterday": (moscow("2018-03-25", "23:59:59"), {"visit_id": visit.id, "phone": "79200000001"}),
        "midnight": (moscow("2018-03-26"), {"visit_id": visit.id, "phone": "79200000002"}),
        "short": (TEN, {"seconds": 5, "phone": "79200000003"}),
        "talk": (TEN + HOUR, {"seconds": 30, "phone": "79200000003"}),
        "again": (TEN + 2 * HOUR, {"phone": "79200000003"}),
        "stated": (
            TEN + 3 * HOUR,
            {
                "phone": "79200000004",
                "annotations": Annotations(stated_source=TrafficSource("flyer", "print", "Осень")),
                "circumstances": Circumstances(dialled_phone="74950000001"),
            },
        ),
        "last second": (moscow("2018-03-26", "23:59:59"), {"phone": "79200000005"}),
        "tomorrow": (moscow("2018-03-27"), {"phone": "79200000006"}),
    }  # fmt: skip
    for name, (began, more) in calls.items():
        served.call(owner, began, reference=name, **more)


DAY_OF = ["midnight", "short", "talk", "again", "stated", "last second"]
FILTERS = {
    "one whole day": Filter({}, DAY_OF),
    "one whole day, as a page": Filter({"page": 1}, DAY_OF),
    "a month needs a page": Filter({"page": 0, **MARCH}, ["yesterday", *DAY_OF, "tomorrow"]),
    "from a time on": Filter({"timeFrom": "11:00:00"}, ["talk", "again", "stated", "last second"]),
    "up to a time, which counts": Filter({"timeTo": "10:00:00"}, ["midnight", "short"]),
    "between times": Filter({"timeFrom": "10:00:01", "timeTo": "12:00"}, ["talk", "again"]),
    "times of two days": Filter(
        {"page": 1, "dateFrom": "25/03/2018", "timeFrom": "23:00:00", "timeTo": "9:00:00"}, ["yesterday", "midnight"]
    ),
    "unique": Filter({"uniqueOnly": "true"}, ["midnight", "short", "stated", "last second"]),
    "targets": Filter({"targetOnly": "1"}, ["midnight", "talk", "again", "stated", "last second"]),
    "unique targets": Filter({"uniqTargetOnly": "True"}, ["midnight", "talk", "stated", "last second"]),
    "unique and a target": Filter(
        {"uniqueOnly": "true", "targetOnly": "true"}, ["midnight", "stated", "last second"]
    ),
    "not only unique": Filter({"uniqueOnly": "false"}, DAY_OF),
    "callbacks there are none": Filter({"callbackOnly": "true"}, []),
    "callbacks there are none, as a page": Filter({"callbackOnly": "true", "page": 3}, []),
    "by the visit": Filter(
        {"bindTo": "session", "dateFrom": "25/03/2018", "dateTo": "25/03/2018"}, ["yesterday", "midnight"]
    ),
    "by the visit, on another day": Filter({"bindTo": "session"}, []),
    "a client id": Filter({"clientId": "GA1"}, ["midnight"]),
    "utm": Filter({"utmSource": "ya", "utmMedium": "cpc"}, ["midnight"]),
    "no utm": Filter({"utmSource": NOT_REPORTED}, ["short", "talk", "again", "last second"]),
    "a stated source as utm": Filter({"utmSource": "flyer", "utmMedium": "print"}, ["stated"]),
    **{
        f"compared by {mode}": Filter({"utmCampaign.value": "сен", "utmCampaign.filterMode": mode}, ["stated"])
        for mode in ("contains", "Contain", "CONTAIN", " cOntainS ")
    },
    **{
        f"equal by {mode}": Filter({"utmSource.value": "ya", "utmSource.filterMode": mode}, ["midnight"])
        for mode in ("equal", "EQUALS", "Equals")
    },
    **{
        f"unlike by {mode}": Filter(
            {"utmSource.value": "ya", "utmSource.filterMode": mode}, ["short", "talk", "again", "stated", "last second"]
        )
        for mode in ("not_equal", "NOT_EQUALS", "not_contain")
    },
    "a source": Filter({"source.value": "flyer"}, ["stated"]),
    "a source, as it is written": Filter({"source.value": "Flyer"}, []),
    "no source": Filter({"source.value": "(not set)"}, ["short", "talk", "again", "last second"]),
    "any other source": Filter(
        {"source.value": "flyer", "source.filterMode": "NOT_EQUAL"}, [item for item in DAY_OF if item != "stated"]
    ),
    "a part of a campaign": Filter({"utmCampaign.value": "сен", "utmCampaign.filterMode": "CONTAINS"}, ["stated"]),
    "a percent sign is a percent sign": Filter(
        {"utmCampaign.value": "0%", "utmCampaign.filterMode": "CONTAINS"}, ["midnight"]
    ),
    "without a part": Filter(
        {"medium.value": "c", "medium.filterMode": "NOT_CONTAINS"}, ["short", "talk", "again", "stated", "last second"]
    ),
    "two at once": Filter({"source.value": "yandex", "medium.value": "organic"}, []),
    "a caller": Filter({"ani.value": "0000003", "ani.filterMode": "CONTAINS"}, ["short", "talk", "again"]),
    "a dialled number": Filter({"phoneNumber.value": "74950000001"}, ["stated"]),
    "a mode without a value": Filter({"source.filterMode": "CONTAINS"}, DAY_OF),
    "an unknown parameter": Filter({"perPage": 2}, DAY_OF),
    "a limit alone makes no page": Filter({"limit": 2}, DAY_OF),
}  # fmt: skip


@pytest.mark.parametrize("wanted", FILTERS.values(), ids=FILTERS)
def test_it_filters(server: ServerProcess, shelf: Player, wanted: Filter) -> None:
    assert references(server, shelf, **wanted.asked) == wanted.found


def test_one_call_is_found_by_its_id(server: ServerProcess, shelf: Player) -> None:
    wanted = listed(server, shelf)[2]
    assert listed(server, shelf, callId=wanted["callId"]) == [wanted]
    assert listed(server, shelf, callId=wanted["callId"], dateFrom="27/03/2018", dateTo="27/03/2018") == []


def test_a_hidden_call_is_not_listed_and_a_neighbour_sees_nothing(
    server: ServerProcess, served: Stage, owner: Player, stranger: Player
) -> None:
    fill_shelf(served, owner)
    gone = next(item for item in listed(server, owner) if item["callReferenceId"] == "short")
    with served.database.write() as connection:
        delete_lead(served.work(connection, owner, TEN), LeadRef(LeadKind.CALL, gone["callId"]))
    assert references(server, owner) == [item for item in DAY_OF if item != "short"]
    for sent in ({}, {"page": 1}, {"callId": gone["callId"]}):
        assert listed(server, stranger, **sent) == []
    refused = server.calls(stranger.token, owner.site.id)
    assert (refused.status_code, refused.json()["errorCode"]) == (403, "10021")


def test_pages_cover_everything_once(server: ServerProcess, shelf: Player) -> None:
    sent = {**MARCH, "limit": 3}
    pages = [server.calls(shelf.token, shelf.site.id, page=page, **sent).json() for page in (1, 2, 3, 4)]
    assert [(page["page"], page["pageTotal"], page["pageSize"], page["recordsTotal"]) for page in pages] == [
        (page, 3, 3, 8) for page in (1, 2, 3, 4)
    ]
    assert [len(page["records"]) for page in pages] == [3, 3, 2, 0]
    names = [record["callReferenceId"] for page in pages for record in page["records"]]
    assert names == ["yesterday", *DAY_OF, "tomorrow"]
    assert references(server, shelf, page=2, **sent) == names[3:6]
    assert references(server, shelf, page=10**9, **sent) == []


def test_whoever_pages_to_the_end_gets_each_call_once_though_more_come_in(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    """Some come in before what was read, some after, some disappear; with other words nothing moves for anybody."""
    there = [served.call(owner, TEN + n * MINUTE, phone=f"7920000{n:04}") for n in range(12)]
    seen: list[int] = []
    page = 1
    while True:
        result = server.calls(owner.token, owner.site.id, page=page, limit=3).json()
        seen += [record["callId"] for record in result["records"]]
        served.call(owner, TEN - page * MINUTE, phone=f"7930000{page:04}")
        if page == 1:
            with served.database.write() as connection:
                delete_lead(served.work(connection, owner, TEN), LeadRef(LeadKind.CALL, there[0].id))
            late = served.call(owner, TEN + HOUR, phone="79400000001")
        if page >= result["pageTotal"]:
            break
        page += 1
    assert seen == [*[call.id for call in there], late.id]


@pytest.mark.parametrize(
    ("asked", "page", "size"),
    [({"page": 0}, 1, 1000), ({"page": 1, "limit": 0}, 1, 1000), ({"page": 1, "limit": 10000}, 1, 1000),
     ({"page": 2, "limit": 1}, 2, 1)],
)  # fmt: skip
def test_odd_pages_are_read_kindly(
    server: ServerProcess, owner: Player, asked: dict[str, int], page: int, size: int
) -> None:
    result = server.calls(owner.token, owner.site.id, **asked).json()
    assert (result["page"], result["pageSize"]) == (page, size)


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({"dateFrom": "", "dateTo": ""}, ["dateFrom", "dateTo"]),
        ({"dateTo": "27/03/2018"}, ["dateTo"]),
        ({"dateFrom": "2018-03-26"}, ["dateFrom"]),
        ({"dateFrom": "03/26/2018", "page": 1}, ["dateFrom"]),
        ({"dateFrom": "27/03/2018", "page": 1}, ["dateFrom"]),
        ({"timeFrom": "12:00:01", "timeTo": "12:00:00"}, ["timeFrom"]),
        ({"timeFrom": "25:00:00", "timeTo": "noon"}, ["timeFrom", "timeTo"]),
        ({"page": "x", "limit": "-1"}, ["page", "limit"]),
        ({"attribution": "7"}, ["attribution"]),
        ({"bindTo": "call"}, ["bindTo"]),
        ({"uniqueOnly": "yes"}, ["uniqueOnly"]),
        ({"callId": "1e3"}, ["callId"]),
        ({"source.value": "a", "source.filterMode": "LIKE"}, ["source.filterMode"]),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_named(
    server: ServerProcess, owner: Player, asked: dict[str, Any], fields: list[str]
) -> None:
    refused = server.calls(owner.token, owner.site.id, **asked)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "10007")
    violations = refused.json()["data"]["validationErrorData"]["violations"]
    assert [violation["field"] for violation in violations] == fields


def test_more_than_one_day_without_a_page_names_the_cure(server: ServerProcess, owner: Player) -> None:
    refused = server.calls(owner.token, owner.site.id, **MARCH)
    assert "page=1" in json.dumps(refused.json(), ensure_ascii=False)


def test_a_post_with_its_parameters_in_the_url_is_answered_alike(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    served.call(owner, TEN)
    sent = {"clientApiId": owner.token, "dateFrom": "26/03/2018", "dateTo": "26/03/2018"}
    address = f"{REST}/{owner.site.id}/calls-diary/calls"
    got, posted = server.http.get(address, params=sent), server.http.post(f"{address}/", params=sent)
    assert posted.json() == got.json()
    assert len(got.json()) == 1


def test_a_page_costs_a_point(server: ServerProcess, served: Stage) -> None:
    poor = served.open_site(points_per_day=1)
    assert server.calls(poor.token, poor.site.id).status_code == 200
    refused = server.calls(poor.token, poor.site.id, page=1)
    assert (refused.status_code, refused.json()["errorCode"]) == (429, "10031")
