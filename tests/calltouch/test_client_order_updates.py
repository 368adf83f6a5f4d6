"""`client-order/update`, over HTTP to a real server, on both engines."""

from datetime import timedelta
from typing import Any

import pytest

from cast import Player, Stage
from client_orders import MADE_AT, MAIL, ORDER, PHONE, RECEPTION, WITHOUT, ask, by, create, search
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.storage.leads.annotations import find_annotations
from server import ServerProcess
from stored import points_of, versions_of

WHOLE = {
    **ORDER,
    "funnel": "Retail",
    "revenue": "1000",
    "margin": "100",
    "manager": "Коля",
    "orderLink": "https://crm.example.ru/1",
    "orderName": "Boiler",
    "comment": {"text": "first"},
    "addTags": [{"tag": "опт"}],
    "customFields": [{"field": "margin", "value": "15"}],
    "products": [{"name": "Boiler", "price": 900}, {"name": "Pipe", "price": 1}],
    "orderContacts": {"mainContacts": {"phoneNumber": PHONE}, "otherContacts": {"email": [MAIL]}},
}


def update(server: ServerProcess, player: Player, *orders: Any) -> list[dict[str, Any]]:
    return ask(server, player, "update", {"orders": list(orders)})


def changed(server: ServerProcess, player: Player, **said: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Store an order, update it, and return it as it was and as it is; only what changed is in them."""
    create(server, player, WHOLE)
    (before,) = search(server, player, "A-1")
    (outcome,) = update(server, player, {"orderNumber": "A-1", **said})
    assert outcome == {"orderNumber": "A-1", "calltouchOrderId": before["calltouchOrderId"], "matched": None}
    (after,) = search(server, player, "A-1")
    names = [name for name in before if name != "updateDate" and before[name] != after[name]]
    return {name: before[name] for name in names}, {name: after[name] for name in names}


CHANGES: list[Any] = [
    pytest.param({"revenue": 7.5}, {"revenue": 7.5}, id="a sum"),
    pytest.param({"margin": "0"}, {"margin": 0}, id="a margin of nothing"),
    pytest.param({"revenue": "", "margin": None}, {}, id="sums are never erased"),
    pytest.param(
        {"manager": "", "orderName": None, "orderLink": ""},
        {"manager": "", "orderName": "", "orderLink": ""},
        id="texts are erased",
    ),
    pytest.param({"status": "", "currency": None, "statusDate": None}, {}, id="what every deal has is not erased"),
    pytest.param({"currency": "USD"}, {"currency": "usd"}, id="a currency"),
    pytest.param({"addNewComment": {"text": "second"}}, {"comment": {"text": "first\nsecond"}}, id="a comment"),
    pytest.param({"comment": {"text": "second"}}, {"comment": {"text": "first\nsecond"}}, id="a comment as on create"),
    pytest.param(
        {"comment": {"text": "second"}, "addNewComment": {"text": "third"}},
        {"comment": {"text": "first\nsecond\nthird"}},
        id="a comment of either kind",
    ),
    pytest.param({"comment": 2, "addNewComment": 2}, {"comment": {"text": "first\n2"}}, id="a comment sent as numbers"),
    pytest.param({"addTags": [1]}, {"tags": [{"tag": "опт"}, {"tag": "1"}]}, id="a tag sent as a number"),
    pytest.param({"addTags": [{"tag": "b"}]}, {"tags": [{"tag": "опт"}, {"tag": "b"}]}, id="a tag as on create"),
    pytest.param({"addTags": {"tags": [{"tag": "b"}]}}, {"tags": [{"tag": "опт"}, {"tag": "b"}]}, id="a tag"),
    pytest.param(
        {"addTags": {"overwrite": True, "tags": [{"tag": "b"}]}}, {"tags": [{"tag": "b"}]}, id="tags are replaced"
    ),
    pytest.param(
        {"customFields": [{"field": "margin", "value": "16"}]},
        {"customFields": [{"field": "margin", "value": "16"}]},
        id="a custom field",
    ),
    pytest.param(
        {"customFields": [{"field": "margin", "value": "16"}, {"field": "margin", "value": "17"}]},
        {"customFields": [{"field": "margin", "value": "16"}]},
        id="the first of a repeated custom field",
    ),
    pytest.param(
        {"crm": "other", "updateDate": "26-03-2018 10:00:00", "orderDate": "26-03-2018 10:00:00"},
        {},
        id="what is accepted and not kept",
    ),
    pytest.param({"matching": [WITHOUT]}, {}, id="matching is not honoured"),
]


@pytest.mark.parametrize(("said", "expected"), CHANGES)
def test_an_update_changes_what_was_sent_and_nothing_else(
    server: ServerProcess, owner: Player, said: dict[str, Any], expected: dict[str, Any]
) -> None:
    _, after = changed(server, owner, **said)
    assert after == expected


def test_products_are_replaced_by_name(server: ServerProcess, owner: Player) -> None:
    _, after = changed(server, owner, products=[{"name": "Pipe", "price": 2}, {"name": "Valve"}])
    assert [(product["name"], product["price"]) for product in after["products"]] == [
        ("Boiler", 900),
        ("Pipe", 2),
        ("Valve", None),
    ]


def test_contacts_that_are_sent_replace_their_like(server: ServerProcess, owner: Player) -> None:
    _, after = changed(server, owner, orderContacts={"mainContacts": {"phoneNumber": "79205550077"}})
    assert after["orderContacts"]["mainContacts"]["phoneNumber"] == ["79205550077"]
    assert after["orderContacts"]["otherContacts"]["email"] == [MAIL]
    parameters = {"clientApiId": owner.token, "dateFrom": "25/03/2018", "dateTo": "25/03/2018", "withContacts": "true"}
    page = server.http.get(f"/calls-service/RestAPI/{owner.site.id}/orders-diary/orders", params=parameters).json()
    assert page["records"][0]["contacts"] == {"phones": ["79205550077"], "emails": [MAIL]}


def test_statuses_and_funnels_keep_their_history(server: ServerProcess, served: Stage, owner: Player) -> None:
    create(server, owner, {**ORDER, "funnel": "Retail", "statusDate": "25-03-2018 12:00:00"})
    update(
        server,
        owner,
        {"orderNumber": "A-1", "status": "won", "statusDate": "26-03-2018 12:00:00"},
        {"orderNumber": "A-1", "funnel": "Service", "statusDate": "27-03-2018 12:00:00"},
        {"orderNumber": "A-1", "revenue": 5},
    )
    (found,) = search(server, owner, "A-1")
    assert found["statusHistory"] == [
        {"funnel": "Retail", "status": "new", "statusDate": "25-03-2018 12:00:00"},
        {"funnel": "Retail", "status": "won", "statusDate": "26-03-2018 12:00:00"},
        {"funnel": "Service", "status": "won", "statusDate": "27-03-2018 12:00:00"},
    ]
    assert found["statusDate"] == "27-03-2018 12:00:00"
    assert len(versions_of(served.database, owner, found["calltouchOrderId"])) == 4


def test_a_deal_is_matched_anew(server: ServerProcess, served: Stage) -> None:
    player = served.open_site()
    call = served.call(player, MADE_AT - timedelta(minutes=5), phone=PHONE)
    create(server, player, {**ORDER, "matching": [RECEPTION]})
    (outcome,) = update(server, player, {"orderNumber": "A-1", "reMatching": [by("callContact", phones=[PHONE])]})
    assert outcome["matched"] == {"type": "callContact", "leadType": "call", "id": call.id}
    nearer = served.call(player, MADE_AT - timedelta(minutes=1), phone=PHONE)
    served.call(player, MADE_AT + timedelta(minutes=1), phone=PHONE)
    assert search(server, player, "A-1")[0]["lead"] == {"leadType": "call", "id": nearer.id}
    (outcome,) = update(server, player, {"orderNumber": "A-1", "reMatching": [RECEPTION]})
    assert outcome["matched"] == {"type": "customSources", "leadType": None, "id": None}
    served.call(player, MADE_AT, phone=PHONE)
    assert search(server, player, "A-1")[0]["lead"] is None


def test_a_deal_of_deals_1_is_matched_anew_by_deals_2(server: ServerProcess, served: Stage, owner: Player) -> None:
    served.call(owner, MADE_AT - timedelta(minutes=5), phone=PHONE)
    request = served.lead_request(owner, MADE_AT - timedelta(days=5), email=MAIL)
    server.register(owner.token, orderNumber="K-1", orderDate="25.03.2018 11:00:00", phoneNumber=PHONE)
    assert search(server, owner, "K-1")[0]["lead"]["leadType"] == "call"
    update(server, owner, {"orderNumber": "K-1", "reMatching": [by("requestContact", emails=[MAIL])]})
    assert search(server, owner, "K-1")[0]["lead"] == {"leadType": "request", "id": request.id}


def test_manager_tags_and_fields_are_added_to_the_lead(server: ServerProcess, served: Stage, owner: Player) -> None:
    call = served.call(owner, MADE_AT, phone=PHONE, annotations=Annotations(manager="Коля", tags=("old",)))
    matching = [by("callContact", phones=[PHONE])]
    create(server, owner, {**ORDER, "matching": matching, "addTagsToLead": [{"tag": "a"}]})
    assert _said_of(served, owner, call.id) == Annotations(manager="Коля", tags=("old", "a"))
    to_lead = {
        "leadManager": {"manager": "Вася", "overwrite": True},
        "addTagsToLead": {"tags": [{"tag": "b"}]},
        "addCustomFieldsToLead": {"customFields": [{"field": "margin", "value": 5}]},
    }
    update(server, owner, {"orderNumber": "A-1", **to_lead})
    assert _said_of(served, owner, call.id) == Annotations(
        manager="Вася", tags=("old", "a", "b"), custom_values={"margin": "5"}
    )


def test_one_bad_update_never_fails_its_neighbours(server: ServerProcess, owner: Player) -> None:
    create(server, owner, ORDER)
    answers = update(
        server,
        owner,
        {"orderNumber": "unknown", "revenue": 1},
        {"orderNumber": "A-1", "revenue": "much", "reMatching": [{"type": "horoscope"}]},
        {"revenue": 1},
        7,
        {"orderNumber": "A-1", "revenue": 5},
    )
    assert [answer.get("errorCode") for answer in answers] == [10041, 10007, 10007, 10007, None]
    assert "reMatching[0].type" in answers[1]["error"]
    assert search(server, owner, "A-1")[0]["revenue"] == 5


def test_an_update_costs_a_point_if_it_makes_a_difference(server: ServerProcess, served: Stage, owner: Player) -> None:
    create(server, owner, ORDER, {**ORDER, "orderNumber": "A-2"})
    orders = [{"orderNumber": "A-1", "revenue": 5}, {"orderNumber": "A-2", "revenue": 5}]
    update(server, owner, *orders)
    assert points_of(served.database, owner) == 2
    update(server, owner, *orders)
    update(server, owner, {"orderNumber": "unknown", "revenue": 5})
    assert points_of(served.database, owner) == 2


def _said_of(stage: Stage, player: Player, call_id: int) -> Annotations:
    ref = LeadRef(LeadKind.CALL, call_id)
    with stage.database.write() as connection:
        return find_annotations(connection, player.site.id, [ref])[ref].annotations


def test_its_description_says_what_is_not_stored(server: ServerProcess) -> None:
    paths = server.http.get("/openapi.json").json()["paths"]
    (described,) = (paths[path]["post"] for path in paths if path.rstrip("/").endswith("client-order/update"))
    schema = described["requestBody"]["content"]["application/json"]["schema"]
    order = schema["properties"]["orders"]["items"]["properties"]
    assert {each["description"] for each in (schema["properties"]["crm"], order["orderDate"], order["updateDate"])} == {
        "Accepted but not stored."
    }
    assert "default" not in order["currency"]["description"]


def test_an_unknown_matcher_is_answered_with_all_that_are_known(server: ServerProcess, owner: Player) -> None:
    create(server, owner, WHOLE)
    (outcome,) = update(server, owner, {"orderNumber": "A-1", "reMatching": [{"type": "telepathy"}]})
    known = "call, request, leadContact, callContact, requestContact, chat, chatContact, customSources, withoutSource"
    assert outcome["error"].endswith(f"{known}, session")


def test_too_many_digests_are_refused_by_the_place_of_their_list(server: ServerProcess, owner: Player) -> None:
    create(server, owner, WHOLE)
    matcher = by("callContact", md5Phones=["0" * 32] * 101)
    (outcome,) = update(server, owner, {"orderNumber": "A-1", "reMatching": [matcher]})
    assert "reMatching[0].callContactParams.md5Phones: " in outcome["error"]
