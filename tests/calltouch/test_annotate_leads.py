"""`tag/lead/add` and its sisters, and `customfield/delete`: over HTTP to a real server."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cast import Player, Stage, moscow
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.leads.delete import delete_lead
from dealtrace.storage.leads.annotations import find_annotations
from examples import examples
from server import ServerProcess
from stored import points_of, rows_of

SERVICE = "/lead-service/v1/api"
TAG, MANAGER, COMMENT, FIELD, DELETE = (
    f"{SERVICE}/{path}"
    for path in ("tag/lead/add", "manager/lead/add", "comment/lead/add", "customfield/lead/add", "customfield/delete")
)
LIST_OF = {TAG: "leads", MANAGER: "leads", COMMENT: "comments", FIELD: "leads"}
WORDS: dict[str, dict[str, Any]] = {
    TAG: {"addTags": {"tags": [{"tag": "опт"}, "срочно"]}},
    MANAGER: {"addManagers": {"managers": [{"manager": "Коля"}, "Вася"]}},
    COMMENT: {"addComment": "перезвонить"},
    FIELD: {"addCustomFields": {"customFields": [{"field": "margin", "value": 15}, {"field": "x", "value": "y"}]}},
}
EACH_PATH = pytest.mark.parametrize("path", list(LIST_OF))
MADE_AT = moscow("2018-03-26", "10:00:00")
KEYS = ["updated", "leadType", "leadId", "errorCode", "error", "violations"]


def post(server: ServerProcess, player: Player, path: str, document: Any) -> httpx.Response:
    headers = {"Access-Token": player.token, "SiteId": str(player.site.id), "Accept-Language": "en"}
    return server.http.post(path, headers=headers, json=document)


def add(server: ServerProcess, player: Player, path: str, *items: Any) -> list[dict[str, Any]]:
    answer = post(server, player, path, {LIST_OF[path]: list(items)})
    assert answer.status_code == 200, answer.text
    result: list[dict[str, Any]] = answer.json()["data"][LIST_OF[path]]
    assert all(list(item) == KEYS for item in result)
    return result


def by_id(call_id: int) -> list[dict[str, Any]]:
    return [{"type": "call", "callParams": {"callId": call_id}}]


def by_contact(kind: str = "leadContact", **said: Any) -> dict[str, Any]:
    return {"type": kind, f"{kind}Params": {"date": "26-03-2018 10:00:00", **said}}


def said_of(stage: Stage, player: Player, lead_id: int, kind: LeadKind = LeadKind.CALL) -> Annotations:
    ref = LeadRef(kind, lead_id)
    with stage.database.write() as connection:
        return find_annotations(connection, player.site.id, [ref])[ref].annotations


@EACH_PATH
def test_it_adds_to_the_lead_that_is_named(server: ServerProcess, served: Stage, owner: Player, path: str) -> None:
    call = served.call(owner, MADE_AT, phone="79205551101", annotations=Annotations(comment="first"))
    (result,) = add(server, owner, path, {"matching": by_id(call.id), **WORDS[path]})
    assert result == {**result, "updated": True, "leadType": "call", "leadId": call.id, "error": None, "violations": []}
    expected = {
        TAG: Annotations(comment="first", tags=("опт", "срочно")),
        MANAGER: Annotations("Коля, Вася", "first"),
        COMMENT: Annotations(comment="first\nперезвонить"),
        FIELD: Annotations(comment="first", custom_values={"margin": "15"}),
    }
    assert said_of(served, owner, call.id) == expected[path]


def test_what_is_said_twice_of_one_lead_in_a_list_is_added_in_order(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    call = served.call(owner, MADE_AT, phone="79205551102")
    add(
        server, owner, TAG,
        {"matching": by_id(call.id), "addTags": {"tags": ["a", "b"]}},
        {"matching": by_id(call.id), "addTags": {"tags": ["c"], "overwrite": True}},
        {"matching": by_id(call.id), "addTags": {"tags": ["d"]}},
    )  # fmt: skip
    assert said_of(served, owner, call.id).tags == ("c", "d")


def test_of_a_field_that_is_sent_twice_the_first_value_that_is_not_blank_counts(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    call = served.call(owner, MADE_AT, phone="79205551103")
    values = [{"field": "margin", "value": value} for value in ("", "x", "y")]
    (result,) = add(server, owner, FIELD, {"matching": by_id(call.id), "addCustomFields": {"customFields": values}})
    assert result["updated"] is True
    assert said_of(served, owner, call.id).custom_values == {"margin": "x"}


def matching_cases() -> list[Any]:
    phone, mail = "8 (920) 555-22-01", "Olga@Example.ru"
    return [
        pytest.param([by_contact(phones=[phone])], "late", id="nearest of either kind"),
        pytest.param([by_contact("callContact", phones=[phone])], "call", id="only calls"),
        pytest.param([by_contact("requestContact", emails=[mail])], "late", id="by e-mail"),
        pytest.param([by_contact(phones=[phone], date="26-03-2018 09:00:00")], "call", id="at an earlier moment"),
        pytest.param([by_contact(phones=[phone], leadTypeToMatch="nearestUniqLead")], "call", id="unique lead"),
        pytest.param([by_contact(phones=[phone], leadTypeToMatch="nearestUniq")], "late", id="unique of its kind"),
        pytest.param([by_contact(phones=[phone], tags=["vip"])], "call", id="with a tag"),
        pytest.param([by_contact(phones=[phone], tags=["vip", "x"], tagsLogic="or")], "call", id="with any tag"),
        pytest.param([by_contact(phones=[phone], tags=["vip", "x"])], None, id="with all tags"),
        pytest.param([by_contact(phones=[phone], searchDepth=4)], None, id="too shallow"),
        pytest.param([by_contact(phones=[phone], searchDepth="5")], "late", id="just deep enough"),
        pytest.param([by_contact(phones=["nobody"])], None, id="no phone"),
        pytest.param([{"type": "chat"}, {"type": "withoutSource"}], None, id="what is not here"),
        pytest.param(
            [{"type": "call", "callParams": {"callId": 77}}, by_contact(phones=[phone])], "late", id="the next element"
        ),
    ]


@pytest.mark.parametrize(("matching", "name"), matching_cases())
def test_it_finds_the_lead_by_its_matching(
    server: ServerProcess, served: Stage, matching: Sequence[Any], name: str | None
) -> None:
    player = served.open_site()
    call = served.call(player, MADE_AT - timedelta(days=1), phone="79205552201", annotations=Annotations(tags=("vip",)))
    late = served.lead_request(
        player, MADE_AT - timedelta(minutes=5), phone="79205552201", email="olga@example.ru", number="late"
    )
    served.call(player, MADE_AT + timedelta(seconds=1), phone="79205552201")
    (result,) = add(server, player, COMMENT, {"matching": matching, "addComment": "found"})
    ids = {"call": call.id, "late": late.id, None: None}
    assert result["leadId"] == ids[name]
    assert result["errorCode"] == (None if name else "10059")


FAULTY: list[tuple[str, dict[str, Any], str]] = [
    (TAG, {"matching": by_id(1)}, "addTags.tags"),
    (TAG, {"matching": by_id(1), "addTags": {"tags": ["a" * 300]}}, "addTags.tags"),
    (TAG, {"matching": by_id(1), "addTags": {"tags": ["a\0"]}}, "addTags.tags"),
    (TAG, {"matching": by_id(1), "addTags": "a"}, "addTags"),
    (TAG, {"addTags": {"tags": ["a"]}}, "matching"),
    (TAG, {"matching": [], "addTags": {"tags": ["a"]}}, "matching"),
    (TAG, {"matching": [{"type": "call"}], "addTags": {"tags": ["a"]}}, "matching[0].callParams"),
    (MANAGER, {"matching": by_id(1), "addManagers": {"managers": ["x" * 300]}}, "addManagers.managers"),
    (MANAGER, {"matching": by_id(1), "addManagers": {"managers": ["x"] * 21}}, "addManagers.managers"),
    (COMMENT, {"matching": by_id(1), "addComment": ""}, "addComment"),
    (COMMENT, {"matching": by_id(1), "addComment": "x" * 10_001}, "addComment"),
    (COMMENT, {"matching": [{"type": "call", "callParams": {"callId": "x"}}], "addComment": "a"},
     "matching[0].callParams.callId"),
    (COMMENT, {"matching": [{"type": "telegram"}], "addComment": "a"}, "matching[0].type"),
    (COMMENT, {"matching": [by_contact()], "addComment": "a"}, "matching[0].leadContactParams.phones"),
    (COMMENT, {"matching": [by_contact(phones=["1"], md5Phones=["x"])], "addComment": "a"},
     "matching[0].leadContactParams.md5Phones"),
    (COMMENT, {"matching": [by_contact(phones=["1"], date="yesterday")], "addComment": "a"},
     "matching[0].leadContactParams.date"),
    (COMMENT, {"matching": [by_contact(phones=["1"], searchDepth=-1)], "addComment": "a"},
     "matching[0].leadContactParams.searchDepth"),
    (COMMENT, {"matching": [by_contact(phones=["1"], leadTypeToMatch="any")], "addComment": "a"},
     "matching[0].leadContactParams.leadTypeToMatch"),
    (FIELD, {"matching": by_id(1), "addCustomFields": {"customFields": []}}, "addCustomFields.customFields"),
    (FIELD, {"matching": by_id(1), "addCustomFields": {"customFields": [{"field": "a" * 200, "value": "b"}]}},
     "addCustomFields.customFields"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "item", "field"), FAULTY, ids=[f"{field} {n}" for n, (*_, field) in enumerate(FAULTY)]
)
def test_a_bad_one_is_named_and_never_fails_its_neighbours(
    server: ServerProcess, served: Stage, owner: Player, path: str, item: dict[str, Any], field: str
) -> None:
    call = served.call(owner, MADE_AT, phone="79205551103")
    good = {"matching": by_id(call.id), **WORDS[path]}
    first, bad, last = add(server, owner, path, good, item, good)
    assert (first["updated"], bad["updated"], last["updated"]) == (True, False, True)
    assert (bad["errorCode"], bad["leadId"]) == ("10007", None)
    assert field in [violation["field"] for violation in bad["violations"]]


def test_a_list_that_is_too_long_is_refused_in_the_words_of_client_orders(server: ServerProcess, owner: Player) -> None:
    (managers,) = add(server, owner, MANAGER, {"matching": by_id(1), "addManagers": {"managers": ["x"] * 21}})
    order = {"orderNumber": "K-1", "products": [{"name": "x"}] * 201}
    stored = post(server, owner, f"{SERVICE}/client-order/create", {"orders": [order]})
    assert managers["violations"][0]["message"] == "21 were sent; at most 20 are allowed"
    assert "201 were sent; at most 200 are allowed" in stored.text


@EACH_PATH
@pytest.mark.parametrize("document", [[], {}, {"leads": {}}, {"leads": [], "comments": []}, "x"])
def test_what_is_no_list_is_refused_whole(server: ServerProcess, owner: Player, path: str, document: Any) -> None:
    assert post(server, owner, path, document).status_code == 400
    too_long = {LIST_OF[path]: [{"matching": by_id(1), **WORDS[path]}] * 101}
    assert post(server, owner, path, too_long).status_code == 400


@EACH_PATH
def test_only_leads_of_the_site_that_are_there_are_found(
    server: ServerProcess, served: Stage, owner: Player, stranger: Player, path: str
) -> None:
    theirs = served.call(stranger, MADE_AT, phone="79205551104")
    hidden = served.call(owner, MADE_AT, phone="79205551105")
    with served.database.write() as connection:
        delete_lead(served.work(connection, owner, MADE_AT), LeadRef(LeadKind.CALL, hidden.id))
    result = add(
        server, owner, path,
        *({"matching": by_id(item.id), **WORDS[path]} for item in (theirs, hidden)),
        {"matching": [by_contact(phones=["79205551104"]), by_contact(phones=["79205551105"])], **WORDS[path]},
    )  # fmt: skip
    assert [item["errorCode"] for item in result] == ["10059"] * 3
    assert said_of(served, stranger, theirs.id) == Annotations()


def test_a_lead_holds_no_more_than_its_limit(server: ServerProcess, served: Stage, owner: Player) -> None:
    call = served.call(owner, MADE_AT, phone="79205551106")
    item = {"matching": by_id(call.id), "addComment": "x" * 10_000}
    result = add(server, owner, COMMENT, *[item] * 10)
    assert [item["updated"] for item in result] == [True] * 9 + [False]
    assert result[-1]["violations"][0]["field"] == "comment"


def test_it_costs_points_once_if_anybody_was_found(server: ServerProcess, served: Stage) -> None:
    player = served.open_site(points_per_day=3, point_costs={"tag-lead-add": 2})
    call = served.call(player, MADE_AT)
    item = {"matching": by_id(call.id), **WORDS[TAG]}
    add(server, player, TAG, {"matching": by_id(1), **WORDS[TAG]})
    assert points_of(served.database, player) == 0
    add(server, player, TAG, item, item)
    assert points_of(served.database, player) == 2
    refused = post(server, player, TAG, {"leads": [{"matching": by_id(call.id), "addTags": {"tags": ["late"]}}]})
    assert (refused.status_code, refused.json()["errorCode"]) == (429, "10031")
    assert said_of(served, player, call.id).tags == ("опт", "срочно")


@pytest.mark.parametrize("name", ["callId", "callReferenceId", "sipCallId", "requestId", "requestNumber"])
def test_it_empties_fields_of_a_lead_by_any_of_its_names(server: ServerProcess, served: Stage, name: str) -> None:
    player = served.open_site(fields=["a", "b"])
    said = Annotations(custom_values={"a": "1", "b": "2"})
    (taken,) = post(
        server, player, f"{SERVICE}/call/import",
        {"calls": [{
            "referenceId": "pbx", "sipCallId": "sip", "clientPhoneNumber": "1", "callStartTime": "2018-03-26 09:50:00",
            "customFields": [{"field": key, "value": value} for key, value in said.custom_values.items()],
        }]},
    ).json()["data"]["calls"]  # fmt: skip
    lead_request = served.lead_request(player, MADE_AT, number="form", annotations=said)
    names = {
        "callId": (LeadKind.CALL, taken["callId"], taken["callId"]),
        "callReferenceId": (LeadKind.CALL, "pbx", taken["callId"]),
        "sipCallId": (LeadKind.CALL, "sip", taken["callId"]),
        "requestId": (LeadKind.LEAD_REQUEST, lead_request.id, lead_request.id),
        "requestNumber": (LeadKind.LEAD_REQUEST, "form", lead_request.id),
    }
    kind, value, lead_id = names[name]
    for _ in range(2):
        answer = post(server, player, DELETE, {name: value, "customFields": ["a", "unknown"]})
        key = "callId" if kind is LeadKind.CALL else "requestId"
        assert answer.json() == {"data": {key: lead_id, "customFields": ["a", "unknown"]}}
    assert said_of(served, player, lead_id, kind).custom_values == {"b": "2"}


@pytest.mark.parametrize("name", ["orderId", "orderNumber"])
def test_it_empties_fields_of_a_deal_as_a_version_of_it(server: ServerProcess, served: Stage, name: str) -> None:
    player = served.open_site(fields=["a", "b"], points_per_day=10, point_costs={"customfield-delete": 3})
    deal = server.register(player.token, **{"custom[a]": "1", "custom[b]": "2"}).json()
    answer = post(server, player, DELETE, {name: deal[name], "customFields": ["a"]})
    assert answer.json() == {"data": {"orderId": deal["orderId"], "customFields": ["a"]}}
    versions = rows_of(served.database, player)["deal_version"]
    assert [row[3] for row in versions] == ["registered", "changed"]
    assert points_of(served.database, player) == 4


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"callId": 1, "customFields": ["a"]}, "10059"),
        ({"requestNumber": "none", "customFields": ["a"]}, "10059"),
        ({"orderId": 1, "customFields": ["a"]}, "10041"),
        ({"customFields": ["a"]}, "10007"),
        ({"callId": 1, "orderId": 1, "customFields": ["a"]}, "10007"),
        ({"callId": "x", "customFields": ["a"]}, "10007"),
        ({"callId": 1}, "10007"),
        ({"callId": 1, "customFields": []}, "10007"),
        ({"callId": 1, "customFields": "a"}, "10007"),
        ({"callId": 1, "customFields": ["x" * 101]}, "10007"),
        ({"callId": 1, "customFields": ["a\0b"]}, "10007"),
        ({"callId": 1, "customFields": [str(number) for number in range(201)]}, "10007"),
        ([], "10007"),
        ("x", "10007"),
    ],
)
def test_it_refuses_to_empty_what_cannot_be_identified(
    server: ServerProcess, owner: Player, document: Any, code: str
) -> None:
    refused = post(server, owner, DELETE, document)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, code)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["matching", "type", "callParams", "callId", "addTags", "tags", "phones", "addComment"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(path=st.sampled_from([*LIST_OF, DELETE]), document=JSON)
def test_whatever_is_sent_is_answered(server: ServerProcess, owner: Player, path: str, document: Any) -> None:
    answer = post(server, owner, path, {LIST_OF.get(path, "x"): [document]})
    assert answer.status_code in (200, 400), answer.text


def test_texts_may_be_numbers_and_the_first_of_a_repeated_field_counts(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    call = served.call(owner, MADE_AT, phone="79205551103")
    fields = [{"field": "margin", "value": 1}, {"field": "margin", "value": 2}]
    add(server, owner, TAG, {"matching": by_id(call.id), "addTags": {"tags": [1, {"tag": 2}]}})
    add(server, owner, MANAGER, {"matching": by_id(call.id), "addManagers": {"managers": [7]}})
    add(server, owner, FIELD, {"matching": by_id(call.id), "addCustomFields": {"customFields": fields}})
    assert said_of(served, owner, call.id) == Annotations("7", None, ("1", "2"), {"margin": "1"})
