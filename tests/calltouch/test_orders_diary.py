"""`orders-diary/orders`: the journal of deals, over HTTP to a real server."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cast import MOSCOW, Player, Stage, moscow
from dealtrace.attribution.traffic_source import TrafficSource
from described import check_answer
from server import REST, ServerProcess

TEN = moscow("2018-03-26", "10:00:00")
ENVELOPE = ["page", "pageTotal", "totalPage", "pageSize", "recordsTotal", "recordsCount", "records"]
KEYS = [
    "orderId",
    "orderNumber",
    "orderName",
    "orderStatus",
    "createdDate",
    "updatedDate",
    "orderDate",
    "plannedAmount",
    "completedAmount",
    "funnel",
    "service",
    "manager",
    "siteId",
    "client",
    "visit",
    "orderSource",
    "allOrderOrigins",
    "contacts",
    "tags",
    "comment",
    "customFields",
]


def journal(server: ServerProcess, player: Player, **parameters: Any) -> Any:
    """Read a page, and see that it is as the server describes it."""
    answer = server.journal(player.token, player.site.id, **parameters)
    assert answer.status_code == 200, answer.text
    check_answer(server, f"{REST}/{{siteId}}/orders-diary/orders", answer.json())
    return answer.json()


def numbers(server: ServerProcess, player: Player, **parameters: Any) -> list[str]:
    """List the numbers of the deals on a page."""
    return [record["orderNumber"] for record in journal(server, player, **parameters)["records"]]


def test_an_empty_journal_has_one_empty_page(server: ServerProcess, owner: Player) -> None:
    answer = server.journal(owner.token, owner.site.id)
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert list(answer.json().items()) == [
        ("page", 1),
        ("pageTotal", 1),
        ("totalPage", 1),
        ("pageSize", 1000),
        ("recordsTotal", 0),
        ("recordsCount", 0),
        ("records", []),
    ]


def test_a_record_of_a_bare_deal_has_every_key(server: ServerProcess, owner: Player) -> None:
    result = server.register(owner.token, orderNumber="n").json()
    (record,) = journal(server, owner)["records"]
    updated = record.pop("updatedDate")
    assert list(record.items()) == [
        ("orderId", result["orderId"]),
        ("orderNumber", "n"),
        ("orderName", None),
        ("orderStatus", "new"),
        ("createdDate", "26/03/2018 10:00:00"),
        ("orderDate", "26/03/2018 10:00:00"),
        ("plannedAmount", 1000),
        ("completedAmount", 0),
        ("funnel", None),
        ("service", "AmoCRM"),
        ("manager", None),
        ("siteId", owner.site.id),
        ("client", None),
        ("visit", None),
        ("orderSource", None),
        ("allOrderOrigins", None),
        ("contacts", None),
        ("tags", None),
        ("comment", None),
        ("customFields", []),
    ]
    when = datetime.strptime(updated, "%d/%m/%Y %H:%M:%S").replace(tzinfo=MOSCOW)
    assert abs(datetime.now(UTC) - when) < timedelta(minutes=2)


def test_a_record_of_a_full_deal_states_everything(server: ServerProcess, served: Stage, owner: Player) -> None:
    visit = served.visit(
        owner, TEN - timedelta(minutes=5), TrafficSource("yandex", "cpc", "c", "o", "buy"), city="vladimir"
    )
    call = served.call(
        owner, TEN, seconds=61, phone="79205550055", client_name="Иван", visit_id=visit.id, reference="r"
    )
    server.register(
        owner.token, callReferenceId="r", phoneNumber="8 920", email="A@b.ru", tags="a,b", orderComment="hello"
    )
    flags = dict.fromkeys(("withOrdersTags", "withAllOrderOrigins", "withComments", "withContacts"), "True")
    (record,) = journal(server, owner, **flags)["records"]
    assert list(record) == KEYS
    origin = {"type": "CALL", "callId": call.id, "duration": 61, "callUrl": None}
    assert record["orderSource"] == origin
    assert record["allOrderOrigins"] == [origin]
    assert record["client"] == {"fio": "Иван", "phones": ["79205550055"], "emails": []}
    assert record["contacts"] == {"phones": ["8 920"], "emails": ["A@b.ru"]}
    assert record["tags"] == [{"category": "", "type": "API", "names": ["a", "b"]}]
    assert record["comment"] == "hello"
    assert {"sessionId": visit.id, "source": "yandex", "keyword": "buy", "city": "vladimir"}.items() <= record[
        "visit"
    ].items()
    utm = ("utmSource", "utmMedium", "utmCampaign", "utmContent", "utmTerm")
    assert {record["visit"][name] for name in utm} == {"<не указано>"}, "as in the journals of leads"


@dataclass(frozen=True)
class Filter:
    """What is asked, and which of the deals of `shelf` are listed."""

    asked: dict[str, Any]
    found: list[str]


@pytest.fixture
def shelf(server: ServerProcess, served: Stage, owner: Player) -> dict[str, int]:
    """Register deals around the edges of March 2018: one by a call with a visit, one by a lead request."""
    visit = served.visit(owner, moscow("2018-02-28", "23:59:59"), TrafficSource("yandex"))
    served.call(owner, moscow("2018-03-05"), phone="79205550055", visit_id=visit.id, reference="call")
    served.lead_request(owner, moscow("2018-03-06"), email="a@b.ru", number="form")
    deals: dict[str, dict[str, Any]] = {
        "february": {"orderDate": "28.02.2018 23:59:59"},
        "first second": {"orderDate": "01.03.2018 00:00:00"},
        "by call": {"orderDate": "05.03.2018 12:00:00", "callReferenceId": "call"},
        "by form": {"orderDate": "06.03.2018 12:00:00", "requestNumber": "form"},
        "last second": {"orderDate": "31.03.2018 23:59:59"},
        "april": {"orderDate": "01.04.2018 00:00:00"},
    }
    return {
        name: server.register(owner.token, orderNumber=name, **sent).json()["orderId"] for name, sent in deals.items()
    }


MARCH = ["first second", "by call", "by form", "last second"]
EVERYTHING = ["february", *MARCH, "april"]
FILTERS = {
    "whole days, both ends included": Filter({}, MARCH),
    "one day": Filter({"dateFrom": "05/03/2018", "dateTo": "05/03/2018"}, ["by call"]),
    "single digits": Filter({"dateFrom": "5/3/2018", "dateTo": "6/3/2018"}, ["by call", "by form"]),
    "created is the default": Filter({"bindTo": "created"}, MARCH),
    "updated": Filter({"bindTo": "updated", "dateFrom": "YESTERDAY", "dateTo": "TODAY"}, EVERYTHING),
    "updated, long ago": Filter({"bindTo": "updated"}, []),
    "the lead's session": Filter({"bindTo": "session", "dateFrom": "28/02/2018", "dateTo": "28/02/2018"}, ["by call"]),
    "only calls": Filter({"orderSource": "CALL"}, ["by call"]),
    "only lead requests": Filter({"orderSource": "REQUEST"}, ["by form"]),
    "chats there are none": Filter({"orderSource": "CHAT"}, []),
    "by number, without dates": Filter({"dateFrom": "", "dateTo": "", "orderNumber": "april"}, ["april"]),
    "by number, outside the interval": Filter({"orderNumber": "april"}, []),
    "an unknown number": Filter({"dateFrom": "", "dateTo": "", "orderNumber": "nobody's"}, []),
    "only from, with an id": Filter({"dateTo": "", "orderNumber": "april"}, ["april"]),
    "an unknown parameter": Filter({"perPage": 2}, MARCH),
}


@pytest.mark.parametrize("wanted", FILTERS.values(), ids=FILTERS)
def test_it_filters(server: ServerProcess, owner: Player, shelf: dict[str, int], wanted: Filter) -> None:
    today = datetime.now(UTC).astimezone(MOSCOW)
    days = {"TODAY": today, "YESTERDAY": today - timedelta(days=1)}
    sent = {name: f"{days[value]:%d/%m/%Y}" if value in days else value for name, value in wanted.asked.items()}
    assert set(numbers(server, owner, **sent)) == set(wanted.found)


def test_it_lists_in_the_order_deals_happened(server: ServerProcess, owner: Player, shelf: dict[str, int]) -> None:
    assert numbers(server, owner) == MARCH


def test_one_deal_is_found_by_its_id(server: ServerProcess, owner: Player, shelf: dict[str, int]) -> None:
    for sent in ({"dateFrom": "", "dateTo": ""}, {"dateFrom": "01/04/2018", "dateTo": "02/04/2018"}):
        assert numbers(server, owner, orderId=shelf["april"], **sent) == ["april"]


def test_pages_cover_everything_once(server: ServerProcess, owner: Player, shelf: dict[str, int]) -> None:
    sent = {"dateFrom": "01/02/2018", "dateTo": "30/04/2018", "limit": 4}
    first = server.journal(owner.token, owner.site.id, page=1, **sent).json()
    assert [first[name] for name in ENVELOPE[:-1]] == [1, 2, 2, 4, 6, 6]
    second = server.journal(owner.token, owner.site.id, page=2, **sent).json()
    assert (second["page"], len(second["records"])) == (2, 2)
    listed = [record["orderNumber"] for record in first["records"] + second["records"]]
    assert listed == EVERYTHING
    assert numbers(server, owner, page=3, **sent) == []
    assert numbers(server, owner, page=10**9, **sent) == []


@pytest.mark.parametrize(
    ("asked", "page", "size"),
    [({"page": 0}, 1, 1000), ({"limit": 0}, 1, 1000), ({"limit": 10000}, 1, 1000), ({"limit": 1}, 1, 1), ({}, 1, 1000)],
)
def test_odd_pages_are_read_kindly(
    server: ServerProcess, owner: Player, asked: dict[str, int], page: int, size: int
) -> None:
    result = server.journal(owner.token, owner.site.id, **asked).json()
    assert (result["page"], result["pageSize"]) == (page, size)


@pytest.mark.parametrize("word", ["false", "False", "0", ""])
def test_a_flag_that_says_no_means_no(server: ServerProcess, owner: Player, word: str) -> None:
    server.register(owner.token, tags="a")
    (record,) = journal(server, owner, withOrdersTags=word)["records"]
    assert record["tags"] is None


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({"dateFrom": "", "dateTo": ""}, ["dateFrom", "dateTo"]),
        ({"dateTo": ""}, ["dateTo"]),
        ({"dateFrom": "32/01/2018"}, ["dateFrom"]),
        ({"dateFrom": "2018-01-01", "dateTo": "01.02.2018"}, ["dateFrom", "dateTo"]),
        ({"dateFrom": "02/04/2018"}, ["dateFrom"]),
        ({"page": "x", "limit": "-1"}, ["page", "limit"]),
        ({"page": 10**9 + 1}, ["page"]),
        ({"bindTo": "paid"}, ["bindTo"]),
        ({"orderSource": "mail"}, ["orderSource"]),
        ({"withComments": "yes"}, ["withComments"]),
        ({"orderId": "1e3"}, ["orderId"]),
    ],
)
def test_what_cannot_be_read_is_named(
    server: ServerProcess, owner: Player, asked: dict[str, Any], fields: list[str]
) -> None:
    refused = server.journal(owner.token, owner.site.id, **asked)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "10007")
    violations = refused.json()["data"]["validationErrorData"]["violations"]
    assert [violation["field"] for violation in violations] == fields


def test_a_neighbour_sees_nothing(
    server: ServerProcess, owner: Player, stranger: Player, shelf: dict[str, int]
) -> None:
    assert numbers(server, stranger) == []
    assert numbers(server, stranger, orderId=shelf["april"], dateFrom="", dateTo="") == []
    assert numbers(server, stranger, orderNumber="april", dateFrom="", dateTo="") == []


def test_the_day_is_the_sites_own(server: ServerProcess, stranger: Player) -> None:
    server.register(stranger.token, orderDate="26.03.2018 00:30:00", orderNumber="after midnight in Vladivostok")
    assert len(numbers(server, stranger, dateFrom="26/03/2018", dateTo="26/03/2018")) == 1
    assert numbers(server, stranger, dateFrom="25/03/2018", dateTo="25/03/2018") == []


def test_a_slash_at_the_end_makes_no_difference(server: ServerProcess, owner: Player) -> None:
    sent = {"clientApiId": owner.token, "dateFrom": "01/03/2018", "dateTo": "31/03/2018"}
    for path in (f"{REST}/{owner.site.id}/orders-diary/orders", f"{REST}/{owner.site.id}/orders-diary/orders/"):
        assert server.http.get(path, params=sent).status_code == 200


def test_the_model_that_is_asked_for_changes_the_sources(server: ServerProcess, served: Stage, owner: Player) -> None:
    _, last = (
        served.visit(owner, TEN - timedelta(days=n), TrafficSource(name, "cpc"), visitor="v")
        for n, name in ((2, "first"), (1, "last"))
    )
    served.call(owner, TEN, reference="r", visit_id=last.id)
    server.register(owner.token, callReferenceId="r")
    result = {}
    for model in ("", 1, 2):
        (record,) = journal(server, owner, attribution=model)["records"]
        result[model] = (record["visit"]["source"], record["visit"]["attribution"], record["visit"]["sessionId"])
    assert result == {"": ("last", 1, last.id), 1: ("last", 1, last.id), 2: ("first", 2, last.id)}


def test_the_visits_tags_tell_the_ids_of_advertisements(server: ServerProcess, served: Stage, owner: Player) -> None:
    utm = TrafficSource("yandex", "cpc", "701", "802", "903")
    visit = served.visit(owner, TEN - timedelta(minutes=5), TrafficSource("yandex", "cpc", "701"), utm=utm)
    served.call(owner, TEN, reference="r", visit_id=visit.id)
    server.register(owner.token, callReferenceId="r")
    (record,) = journal(server, owner)["records"]
    result = {"campaignId": 701, "adGroupId": None, "adId": 802, "criteriaId": 903}
    assert (record["visit"]["yandexDirect"], record["visit"]["googleAdWords"]) == (result, None)


def test_whoever_pages_to_the_end_gets_each_deal_once_though_more_come_in(server: ServerProcess, owner: Player) -> None:
    there = [
        server.register(owner.token, orderDate=f"26.03.2018 10:{n:02}:00").json()["orderId"] for n in range(10)
    ]  # fmt: skip
    seen: list[int] = []
    page, pages = 0, 1
    while page < pages:
        page += 1
        result = server.journal(owner.token, owner.site.id, page=page, limit=3).json()
        seen += [record["orderId"] for record in result["records"]]
        pages = result["pageTotal"]
        server.register(owner.token, orderDate="26.03.2018 09:00:00")
        if page == 1:
            server.delete(owner.token, orderId=there[0])
    assert seen == there
