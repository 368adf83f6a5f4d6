"""Deals 2.0 (`client-order/create`, `delete`, `search`), over HTTP to a real server, on both engines."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import md5
from typing import Any

import pytest

from account_work import account_work
from cast import Player, Stage
from client_orders import MADE_AT, MAIL, ORDER, PHONE, RECEPTION, WITHOUT, ask, by, create, post, search
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.leads.delete import delete_lead
from dealtrace.operations.personal_data import erase_person
from server import ServerProcess
from stored import points_of, rows_of


def test_an_order_is_stored_with_all_that_was_sent(server: ServerProcess, owner: Player) -> None:
    sent = {
        **ORDER,
        "funnel": "Retail",
        "statusDate": "25-03-2018 12:00:00",
        "currency": "RUB",
        "revenue": "1000.50",
        "margin": 100.25,
        "manager": "Коля",
        "orderLink": "https://crm.example.ru/1",
        "orderName": "Boiler",
        "comment": {"text": "call back"},
        "addTags": [{"tag": "опт"}, {"tag": "срочно"}],
        "customFields": [{"field": "margin", "value": "15"}, {"field": "unknown", "value": "x"}],
        "products": [{"name": "Boiler", "price": "900", "quantity": 2, "brand": "B"}, {"name": "Pipe", "price": 1.5}],
        "orderContacts": {
            "mainContacts": {"fio": "Olga", "phoneNumber": "8 920 555-00-55", "email": MAIL},
            "otherContacts": {"phoneNumber": ["79205550056"], "tgUsername": ["@olga"]},
        },
    }
    (stored,) = create(server, owner, sent)
    assert stored == {"orderNumber": "A-1", "calltouchOrderId": stored["calltouchOrderId"], "matched": None} | {
        "matched": {"type": "withoutSource", "leadType": None, "id": None}
    }
    (found,) = search(server, owner, "A-1")
    nothing: list[str] = []
    contacts = {"fio": "", "phoneNumber": nothing, "email": nothing, "waPhone": nothing, "tgId": nothing}
    contacts |= {"tgUsername": nothing, "vkId": nothing}
    assert found == {
        "orderNumber": "A-1",
        "calltouchOrderId": stored["calltouchOrderId"],
        "crm": "1C",
        "funnel": "Retail",
        "status": "new",
        "statusDate": "25-03-2018 12:00:00",
        "statusHistory": [{"funnel": "Retail", "status": "new", "statusDate": "25-03-2018 12:00:00"}],
        "orderDate": "25-03-2018 11:00:00",
        "updateDate": found["updateDate"],
        "currency": "rub",
        "revenue": 1000.5,
        "margin": 100.25,
        "manager": "Коля",
        "orderLink": "https://crm.example.ru/1",
        "orderName": "Boiler",
        "comment": {"text": "call back"},
        "tags": [{"tag": "опт"}, {"tag": "срочно"}],
        "customFields": [{"field": "margin", "value": "15"}],
        "products": [
            {"name": "Boiler", "price": 900, "brand": "B", "category": "", "variant": "", "quantity": 2},
            {"name": "Pipe", "price": 1.5, "brand": "", "category": "", "variant": "", "quantity": None},
        ],
        "orderContacts": {
            "mainContacts": {**contacts, "fio": "Olga", "phoneNumber": ["8 920 555-00-55"], "email": [MAIL]},
            "otherContacts": {**contacts, "phoneNumber": ["79205550056"], "tgUsername": ["@olga"]},
        },
        "lead": None,
        "sessionId": None,
    }


MATCHING: list[Any] = [
    pytest.param([by("callContact", phones=[PHONE])], ("callContact", "call"), id="a call by phone"),
    pytest.param([by("requestContact", emails=[MAIL])], ("requestContact", "late"), id="a request by e-mail"),
    pytest.param([by("leadContact", phones=["+7 (920) 555-00-55"])], ("leadContact", "late"), id="the nearest lead"),
    pytest.param([by("leadContact", phones=["nobody", PHONE])], ("leadContact", "late"), id="several phones"),
    pytest.param(
        [by("leadContact", phones=["79205550056", PHONE])], ("leadContact", "nearest"), id="the nearest over all phones"
    ),
    pytest.param([by("leadContact", phones=[PHONE], searchDepth=4)], None, id="too shallow"),
    pytest.param([by("leadContact", phones=[PHONE], searchDepth=5)], ("leadContact", "late"), id="just deep enough"),
    pytest.param(
        [by("leadContact", phones=[PHONE], date="24-03-2018 12:00:00")], ("leadContact", "call"), id="before a date"
    ),
    pytest.param([by("leadContact", phones=[PHONE], tags=["vip"])], ("leadContact", "call"), id="with a tag"),
    pytest.param([by("leadContact", phones=[PHONE], tags=["vip", "x"])], None, id="without one of the tags"),
    pytest.param(
        [by("leadContact", phones=[PHONE], tags=["vip", "x"], tagsLogic="or")], ("leadContact", "call"), id="any tag"
    ),
    pytest.param(
        [by("leadContact", phones=[PHONE], leadTypeToMatch="nearestUniqLead")],
        ("leadContact", "call"),
        id="the nearest unique lead",
    ),
    pytest.param(
        [by("requestContact", phones=[PHONE], requestTypeToMatch="nearestUniq")],
        ("requestContact", "late"),
        id="the nearest unique request",
    ),
    pytest.param(
        [by("callContact", md5Phones=[md5(PHONE.encode(), usedforsecurity=False).hexdigest().upper()])],
        ("callContact", "call"),
        id="the digest of a phone",
    ),
    pytest.param(
        [by("call", callId=77), by("leadContact", phones=[PHONE])], ("leadContact", "late"), id="the next is tried"
    ),
    pytest.param(
        [{"type": "chat"}, by("chatContact", phones=[PHONE]), by("callContact", phones=[PHONE])],
        ("callContact", "call"),
        id="chats are passed over",
    ),
    pytest.param([by("call", callId=77), RECEPTION], ("customSources", None), id="a stated source"),
    pytest.param([WITHOUT, RECEPTION], ("withoutSource", None), id="nothing behind withoutSource is reached"),
    pytest.param([RECEPTION, by("leadContact", phones=[PHONE])], ("customSources", None), id="nor behind a source"),
    pytest.param([by("leadContact", phones=["nobody"])], None, id="no phone"),
]


@pytest.mark.parametrize(("matching", "expected"), MATCHING)
def test_the_first_matcher_that_finds_something_decides(
    server: ServerProcess, served: Stage, matching: Sequence[Any], expected: tuple[str, str | None] | None
) -> None:
    player = served.open_site()
    vip = Annotations(tags=("vip",))
    call = served.call(player, MADE_AT - timedelta(days=1), phone=PHONE, annotations=vip)
    late = served.lead_request(player, MADE_AT - timedelta(minutes=5), phone=PHONE, email=MAIL)
    nearest = served.call(player, MADE_AT - timedelta(minutes=1), phone="79205550056")
    served.call(player, MADE_AT + timedelta(seconds=1), phone=PHONE)
    ids = {"call": (call.id, "call"), "late": (late.id, "request"), "nearest": (nearest.id, "call")}
    (stored,) = create(server, player, {**ORDER, "matching": matching})
    if expected is None:
        assert stored["matched"] is None
        return
    word, name = expected
    lead_id, kind = ids[name] if name is not None else (None, None)
    assert stored["matched"] == {"type": word, "leadType": kind, "id": lead_id}


@pytest.mark.parametrize("kind", ["call", "request"])
def test_a_lead_is_named_by_its_id(server: ServerProcess, served: Stage, kind: str) -> None:
    player = served.open_site()
    lead = served.call(player, MADE_AT) if kind == "call" else served.lead_request(player, MADE_AT, phone=PHONE)
    (stored,) = create(server, player, {**ORDER, "matching": [by(kind, **{f"{kind}Id": lead.id})]})
    assert stored["matched"] == {"type": kind, "leadType": kind, "id": lead.id}


def test_one_bad_item_never_fails_its_neighbours(server: ServerProcess, owner: Player) -> None:
    answers = create(
        server,
        owner,
        {**ORDER, "orderNumber": 1},
        {**ORDER, "orderNumber": "2", "orderDate": "yesterday", "revenue": "much"},
        {"orderNumber": "3"},
        "no order",
        {**ORDER, "orderNumber": "4", "matching": [{"type": "horoscope"}, by("call", callId="x")]},
        {**ORDER, "orderNumber": "5", "orderName": None, "orderLink": None, "products": None, "revenue": 0},
    )
    assert [answer["orderNumber"] for answer in answers] == [1, "2", "3", None, "4", "5"]
    assert ["calltouchOrderId" in answer for answer in answers] == [True, False, False, False, False, True]
    assert all(list(answer) == ["orderNumber", "error", "errorCode"] for answer in answers[1:5])
    assert {answer["errorCode"] for answer in answers[1:5]} == {10007}
    assert "orderDate" in answers[1]["error"]
    assert "revenue" in answers[1]["error"]
    assert "matching[0].type" in answers[4]["error"]
    assert "matching[1].callParams.callId" in answers[4]["error"]


@pytest.mark.parametrize(
    "document",
    [{}, [], {"orders": []}, {"orders": {}}, {"orders": [{**ORDER, "orderNumber": str(n)} for n in range(101)]}],
    ids=["no list", "no object", "an empty list", "no list but an object", "101 orders"],
)
def test_a_body_without_a_valid_list_is_refused_as_a_whole(server: ServerProcess, owner: Player, document: Any) -> None:
    refused = post(server, owner, "create", document)
    assert (refused.status_code, refused.json()["data"]["apiErrorData"]["errorCode"]) == (400, 10007)
    assert refused.json()["data"]["validationErrorData"]["violations"][0]["field"] == "orders"


@pytest.mark.parametrize(("sent", "number"), [("5.0", "5"), ("5e0", "5"), ("-0.0", "0"), ("5.5", "5.5")])
def test_a_number_sent_with_a_point_names_the_same_deal(
    server: ServerProcess, owner: Player, sent: str, number: str
) -> None:
    path, headers = "/lead-service/v1/api/client-order/create", {"Access-Token": owner.token}
    order = '{"orders": [{"orderNumber": %s, "status": "new", "orderDate": "26-03-2018 10:00:00"}]}'
    (stored,) = server.http.post(path, headers=headers, content=order % sent).json()["data"]["orders"]
    assert search(server, owner, number)[0]["calltouchOrderId"] == stored["calltouchOrderId"]
    (again,) = server.http.post(path, headers=headers, content=order % f'"{number}"').json()["data"]["orders"]
    assert again["errorCode"] == 10042, "it makes no second deal"


def test_a_repeated_order_is_answered_with_the_first_id_and_costs_nothing(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    served.call(owner, MADE_AT, phone=PHONE)
    order = {**ORDER, "matching": [by("callContact", phones=[PHONE])]}
    first = create(server, owner, order, {**ORDER, "orderNumber": "A-2"})
    spent = points_of(served.database, owner)
    assert spent == 1
    again = create(server, owner, dict(reversed(order.items())), {**ORDER, "orderNumber": "A-2"})
    assert again == first
    assert points_of(served.database, owner) == spent
    (other,) = create(server, owner, {**order, "revenue": "7"})
    assert (other["errorCode"], str(first[0]["calltouchOrderId"]) in other["error"]) == (10042, True)
    assert points_of(served.database, owner) == spent
    create(server, owner, order, {**ORDER, "orderNumber": "A-3"})
    assert points_of(served.database, owner) == spent + 1


def test_a_list_with_nothing_new_or_nothing_valid_costs_nothing(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    create(server, owner, {"orderNumber": "bad"})
    ask(server, owner, "delete", {"orderNumbers": ["unknown"]})
    assert points_of(served.database, owner) == 0


def test_a_site_without_points_stores_nothing(server: ServerProcess, served: Stage) -> None:
    player = served.open_site(points_per_day=1)
    create(server, player, ORDER)
    refused = post(server, player, "create", {"orders": [{**ORDER, "orderNumber": "A-2"}]})
    assert refused.status_code == 429
    assert create(server, player, ORDER)[0]["calltouchOrderId"]


def test_the_same_number_twice_in_a_list_meets_itself(server: ServerProcess, owner: Player) -> None:
    first, same, other = create(server, owner, ORDER, ORDER, {**ORDER, "status": "won"})
    assert same == first
    assert other["errorCode"] == 10042


@pytest.mark.parametrize("contact_matching", [True, False])
def test_a_late_lead_is_matched_by_the_same_list(
    server: ServerProcess, served: Stage, *, contact_matching: bool
) -> None:
    player = served.open_site(contact_matching=contact_matching)
    matching = [
        by("requestContact", emails=[MAIL], searchDepth=60),
        by("callContact", md5Phones=[md5(PHONE.encode(), usedforsecurity=False).hexdigest()]),
        RECEPTION,
    ]
    create(server, player, {**ORDER, "matching": matching})
    assert search(server, player, "A-1")[0]["lead"] is None
    served.lead_request(player, MADE_AT - timedelta(minutes=61), email=MAIL)
    served.call(player, MADE_AT + timedelta(minutes=1), phone=PHONE)
    assert search(server, player, "A-1")[0]["lead"] is None
    call = served.call(player, MADE_AT - timedelta(days=9), phone=PHONE)
    assert search(server, player, "A-1")[0]["lead"] == {"leadType": "call", "id": call.id}
    request = served.lead_request(player, MADE_AT - timedelta(minutes=60), email=MAIL)
    assert search(server, player, "A-1")[0]["lead"] == {"leadType": "request", "id": request.id}
    with served.database.write() as connection:
        delete_lead(served.work(connection, player), LeadRef(LeadKind.LEAD_REQUEST, request.id))
    assert search(server, player, "A-1")[0]["lead"] == {"leadType": "call", "id": call.id}


def test_a_deal_of_one_dialect_is_seen_changed_and_deleted_by_the_other(server: ServerProcess, owner: Player) -> None:
    (stored,) = create(server, owner, {**ORDER, "revenue": "5", "matching": [RECEPTION]})
    parameters = {"clientApiId": owner.token, "orderNumber": "A-1", "status": "won"}
    changed = server.http.get("/calls-service/RestAPI/orders/update-by-id", params=parameters).json()
    assert (changed["order"]["orderId"], changed["order"]["sum"]) == (stored["calltouchOrderId"], "5.0000")
    (found,) = search(server, owner, "A-1")
    assert (found["status"], found["crm"], [past["status"] for past in found["statusHistory"]]) == (
        "won",
        "1C",
        ["new", "won"],
    )
    server.register(owner.token, orderNumber="K-1", orderDate="25.03.2018 11:00:00")
    assert search(server, owner, "K-1")[0]["crm"]
    answers = ask(server, owner, "delete", {"orderNumbers": ["K-1", "A-1", "A-1", "", 77]})
    assert [answer.get("deleted") for answer in answers] == [True, True, None, None, None]
    assert [answer.get("errorCode") for answer in answers] == [None, None, 10041, 10040, 10041]
    assert [answer["errorCode"] for answer in search(server, owner, "K-1", "A-1")] == [10041, 10041]


def test_the_journal_of_deals_shows_the_funnel_and_the_name(server: ServerProcess, owner: Player) -> None:
    create(server, owner, {**ORDER, "funnel": "Retail", "orderName": "Boiler"}, {**ORDER, "orderNumber": "A-2"})
    server.register(owner.token, orderNumber="K-1", orderDate="25.03.2018 11:00:00")
    parameters = {"clientApiId": owner.token, "dateFrom": "25/03/2018", "dateTo": "25/03/2018"}
    page = server.http.get(f"/calls-service/RestAPI/{owner.site.id}/orders-diary/orders", params=parameters).json()
    shown = {record["orderNumber"]: (record["funnel"], record["orderName"]) for record in page["records"]}
    assert shown == {"A-1": ("Retail", "Boiler"), "A-2": (None, None), "K-1": (None, None)}


def test_a_stranger_neither_finds_nor_deletes(server: ServerProcess, owner: Player, stranger: Player) -> None:
    (stored,) = create(server, owner, ORDER)
    assert search(server, stranger, "A-1")[0]["errorCode"] == 10041
    by_id = {"calltouchOrderIds": [stored["calltouchOrderId"]]}
    assert ask(server, stranger, "search", by_id)[0]["errorCode"] == 10041
    assert ask(server, stranger, "delete", {"orderNumbers": ["A-1"]})[0]["errorCode"] == 10041
    assert ask(server, owner, "search", by_id)[0]["orderNumber"] == "A-1"


def test_the_explanation_says_which_matcher_decided_and_what_others_missed_by(
    server: ServerProcess, served: Stage
) -> None:
    player = served.open_site()
    early = served.call(player, MADE_AT - timedelta(days=9), phone=PHONE)
    late = served.call(player, MADE_AT + timedelta(minutes=1), phone=PHONE)
    matching = [
        {"type": "chat"},
        by("callContact", phones=[PHONE], searchDepth=120, tags=["vip"]),
        by("requestContact", phones=[PHONE]),
        RECEPTION,
        by("leadContact", phones=[PHONE]),
    ]
    (stored,) = create(server, player, {**ORDER, "matching": matching})
    path = f"/api/deals/{stored['calltouchOrderId']}/explanation"
    explained = server.http.get(path, params={"clientApiId": player.token}, headers={"Access-Token": player.token})
    result = explained.json()
    assert (explained.status_code, result["verdict"], result["steps"]) == (200, "decided by a matcher", [])
    outcomes = [step["outcome"] for step in result["matchers"]]
    assert outcomes == ["passed over", "found nothing", "found nothing", "decided", "never reached"]
    missed = [(each["lead"]["id"], each["missedBy"]) for each in result["matchers"][1]["candidates"]]
    assert missed == [
        (late.id, ["began after the date", "lacks the tags"]),
        (early.id, ["beyond the depth", "lacks the tags"]),
    ]
    assert result["matchers"][1]["candidates"][1]["secondsBeforeDate"] == timedelta(days=9).total_seconds()


def test_sums_of_another_currency_are_left_out_of_reports(server: ServerProcess, served: Stage) -> None:
    player = served.open_site()
    sums = [("1", "rub", 10), ("2", "РУБ", 20), ("3", "usd", 400)]
    create(
        server, player, *({**ORDER, "orderNumber": number, "currency": word, "revenue": revenue, "margin": revenue}
                          for number, word, revenue in sums),
    )  # fmt: skip
    parameters = {"clientApiId": player.token, "dateFrom": "25/03/2018", "dateTo": "25/03/2018"}
    page = server.http.get(f"/calls-service/RestAPI/{player.site.id}/orders-diary/orders", params=parameters).json()
    assert sorted(record["plannedAmount"] for record in page["records"]) == [10, 20, 400]
    asked = {"metrics": "deals,amount", "from": "2018-03-25", "to": "2018-03-25"}
    report = server.http.get("/api/reports", params=asked, headers={"Access-Token": player.token})
    assert report.status_code == 200, report.text
    assert report.json()["total"]["values"] == {"deals": 3, "amount": "30.00"}


def test_an_erased_person_leaves_the_business_of_a_deal(server: ServerProcess, served: Stage) -> None:
    player = served.open_site()
    contacts = {"mainContacts": {"fio": "Olga", "phoneNumber": PHONE, "tgUsername": "@olga"}}
    digest = md5(PHONE.encode(), usedforsecurity=False).hexdigest()
    matching = [by("callContact", phones=[PHONE], md5Phones=[digest])]
    order = {**ORDER, "funnel": "Retail", "orderContacts": contacts, "matching": matching}
    create(server, player, order)
    ask(server, player, "update", {"orders": [{"orderNumber": "A-1", "orderName": "Olga", "status": "won"}]})
    with served.database.write() as connection:
        erase_person(account_work(connection), [player.site], PHONE)
    (found,) = search(server, player, "A-1")
    assert (found["status"], found["orderContacts"]["mainContacts"]) == ("won", None)
    assert [past["status"] for past in found["statusHistory"]] == ["new", "won"]
    left = repr(rows_of(served.database, player))
    assert not [trace for trace in (PHONE, digest, "olga", "Olga") if trace in left]
