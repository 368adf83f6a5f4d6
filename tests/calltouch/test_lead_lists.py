"""`request/create` and `call/import`: each lead of a list by itself, over HTTP to a real server."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cast import MOSCOW, Player, Stage
from dealtrace.calltouch.json_bodies import read_document
from dealtrace.storage.schema.tables.leads import call, lead_request
from examples import examples
from server import ServerProcess, http_client
from stored import points_of, rows_of

IMPORT = "/lead-service/v1/api/call/import"
CREATE = "/lead-service/v1/api/request/create"
PHONE = "79205550055"
CALL = {"referenceId": "a-1", "clientPhoneNumber": PHONE, "callStartTime": "2018-03-26 09:50:00"}
LIST_OF = {IMPORT: "calls", CREATE: "requests"}
NAME_OF = {IMPORT: "referenceId", CREATE: "requestNumber"}
ID_OF = {IMPORT: "callId", CREATE: "requestId"}
EACH_PATH = pytest.mark.parametrize("path", [IMPORT, CREATE])


def headers_of(player: Player) -> dict[str, str]:
    return {"Access-Token": player.token, "SiteId": str(player.site.id), "Accept-Language": "en"}


def post(server: ServerProcess, player: Player, path: str, *items: Any) -> httpx.Response:
    return server.http.post(path, headers=headers_of(player), json={LIST_OF[path]: list(items)})


def results_of(answer: httpx.Response, path: str) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    result: list[dict[str, Any]] = answer.json()["data"][LIST_OF[path]]
    return result


def good(path: str, number: int = 1, **more: Any) -> dict[str, Any]:
    if path == IMPORT:
        return {**CALL, "referenceId": f"a-{number}", **more}
    return {"requestNumber": f"r-{number}", "phoneNumber": PHONE, "requestDate": "26-03-2018 09:50:00", **more}


def kept(stage: Stage, player: Player, path: str) -> list[dict[str, Any]]:
    table = call if path == IMPORT else lead_request
    rows = rows_of(stage.database, player).get(table.name, [])
    return [dict(zip(table.columns.keys(), row, strict=True)) for row in rows]


def test_phones_of_a_document_are_returned_as_sent_and_other_numbers_as_floats() -> None:
    body = b"""{"matching": [{"params": {"phones": [7.92055500E+10, 79205550055.0, 1], "depth": 1.50}}], "a": [1e3],
      "orderContacts": {"otherContacts": {"waPhone": [7.92055500E+10], "phoneNumber": [7.92055500E+10]}},
      "fields": [{"name": "phone", "value": 7.92055500E+10, "type": "phone"}, {"name": "n", "value": 1.50}]}"""
    params = {"phones": ["7.92055500E+10", "79205550055.0", 1], "depth": 1.5}
    document = read_document(body)
    assert document == {
        "matching": [{"params": params}],
        "a": [1000.0],
        "orderContacts": {"otherContacts": {"waPhone": ["7.92055500E+10"], "phoneNumber": ["7.92055500E+10"]}},
        "fields": [{"name": "phone", "value": "7.92055500E+10", "type": "phone"}, {"name": "n", "value": 1.5}],
    }
    assert type(document["a"][0]) is float


def test_a_call_is_kept_whole(server: ServerProcess, served: Stage, owner: Player) -> None:
    answer = post(
        server, owner, IMPORT,
        {
            **CALL, "sipCallId": "sip", "callCenterPhoneNumber": "74950000000", "duration": 120, "waitingTime": "9",
            "status": False, "recordUrl": "https://r/1.mp3", "comment": {"text": "слова"},
            "addTags": [{"tag": "опт"}, {"tag": " срочно "}, {"tag": "опт"}], "manager": "Коля",
            "customSources": {"source": "avito", "medium": "cpa", "campaign": "c", "content": "o", "term": "t"},
            "customFields": [{"field": " margin ", "value": 15}, {"field": "other", "value": "x"}], "unknown": [{}],
        },
    )  # fmt: skip
    (result,) = results_of(answer, IMPORT)
    assert isinstance(answer.json()["data"]["logId"], int)
    assert list(result) == ["referenceId", "imported", "callId", "errorCode", "error", "violations"]
    assert result == {
        **result,
        "referenceId": "a-1",
        "imported": True,
        "errorCode": None,
        "error": None,
        "violations": [],
    }
    (row,) = kept(served, owner, IMPORT)
    expected = {
        "id": result["callId"], "reference": "a-1", "phone": PHONE, "duration_seconds": 120, "sip_id": "sip",
        "is_successful": False, "waiting_seconds": 9, "dialled_phone": "74950000000", "record_url": "https://r/1.mp3",
        "comment": "слова", "tags": ["опт", "срочно"], "manager": "Коля", "custom_values": {"margin": "15"},
        "started_at": datetime(2018, 3, 26, 9, 50, tzinfo=MOSCOW).astimezone(UTC),
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    stored = rows_of(served.database, owner)
    assert [row[3:8] for row in stored["traffic_source"]] == [("avito", "cpa", "c", "o", "t")]
    assert [row[1:3] for row in stored["unknown_field"]] == [("other", 1)], "it is counted, not lost unseen"


def test_a_lead_request_is_kept_whole(server: ServerProcess, served: Stage, owner: Player) -> None:
    answer = post(
        server, owner, CREATE,
        {
            "requestNumber": 17, "subject": "Форма", "requestUrl": "https://x/", "requestDate": "26-03-2018 09:50:00",
            "phoneNumber": 79205550055, "email": "Ivan@example.ru", "fio": "Иван", "manager": "Коля",
            "comment": "слова", "addTags": ["опт", {"tag": "a,b"}], "customSources": {"source": "vk"},
            "customFields": [{"field": "margin", "value": "1"}],
        },
    )  # fmt: skip
    (result,) = results_of(answer, CREATE)
    assert list(result) == ["requestNumber", "imported", "requestId", "errorCode", "error", "violations"]
    assert (result["requestNumber"], result["imported"]) == (17, True)
    (row,) = kept(served, owner, CREATE)
    expected = {
        "id": result["requestId"], "number": "17", "phone": PHONE, "email": "Ivan@example.ru", "form_name": "Форма",
        "page_url": "https://x/", "comment": "слова", "tags": ["опт", "a", "b"], "manager": "Коля",
        "custom_values": {"margin": "1"}, "requested_at": datetime(2018, 3, 26, 9, 50, tzinfo=MOSCOW).astimezone(UTC),
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_fractions_of_a_second_are_cut_as_in_files(server: ServerProcess, served: Stage, owner: Player) -> None:
    start = "2018-03-26 09:50:00.700"
    sent = [
        {**good(IMPORT, 1), "callStartTime": start, "duration": 65.5, "waitingTime": 7.0},
        {**good(IMPORT, 2), "duration": "65.0", "waitingTime": "7.9"},
    ]
    results = results_of(post(server, owner, IMPORT, *sent), IMPORT)
    assert [result["imported"] for result in results] == [True, True]
    lasting = {
        row["reference"]: (row["duration_seconds"], row["waiting_seconds"]) for row in kept(served, owner, IMPORT)
    }
    assert lasting == {"a-1": (66, 7), "a-2": (65, 7)}


def test_a_lead_request_without_number_and_date(server: ServerProcess, served: Stage, owner: Player) -> None:
    (result,) = results_of(post(server, owner, CREATE, {"fio": "Иван"}), CREATE)
    (row,) = kept(served, owner, CREATE)
    assert (result["requestNumber"], row["number"]) == (None, str(result["requestId"]))
    assert abs(datetime.now(UTC) - row["requested_at"]) < timedelta(seconds=30)


BAD_CALLS: list[tuple[Any, str]] = [
    ({}, "referenceId"),
    ({**CALL, "referenceId": ""}, "referenceId"),
    ({**CALL, "referenceId": None}, "referenceId"),
    ({**CALL, "referenceId": "я" * 101}, "referenceId"),
    ({**CALL, "referenceId": True}, "referenceId"),
    ({**CALL, "referenceId": {}}, "referenceId"),
    ({**CALL, "referenceId": "a\0"}, "referenceId"),
    ({**CALL, "sipCallId": "x" * 46}, "sipCallId"),
    ({**CALL, "clientPhoneNumber": "7" * 65}, "clientPhoneNumber"),
    ({**CALL, "callStartTime": "26-03-2018 09:50:00"}, "callStartTime"),
    ({**CALL, "callStartTime": "2018-02-30 09:50:00"}, "callStartTime"),
    ({**CALL, "callStartTime": "2018-03-26Z09:50:00"}, "callStartTime"),
    ({**CALL, "callStartTime": 1522047000}, "callStartTime"),
    ({**CALL, "duration": -1}, "duration"),
    ({**CALL, "duration": "1.5.5"}, "duration"),
    ({**CALL, "duration": 10**30}, "duration"),
    ({**CALL, "duration": 2592001}, "duration"),
    ({**CALL, "status": "maybe"}, "status"),
    ({**CALL, "status": [True]}, "status"),
    ({**CALL, "recordUrl": "x" * 4097}, "recordUrl"),
    ({**CALL, "comment": {"text": "x" * 10_001}}, "comment.text"),
    ({**CALL, "comment": {"text": []}}, "comment.text"),
    ({**CALL, "comment": [5]}, "comment"),
    ({**CALL, "addTags": "tag"}, "addTags"),
    ({**CALL, "addTags": [[1]]}, "addTags[0]"),
    ({**CALL, "addTags": [{"tag": "x" * 257}]}, "addTags"),
    ({**CALL, "addTags": [{"tag": str(number)} for number in range(101)]}, "addTags"),
    ({**CALL, "customSources": []}, "customSources"),
    ({**CALL, "customSources": {"source": "x" * 1025}}, "customSources.source"),
    ({**CALL, "customFields": [{"field": "margin", "value": "x" * 4097}]}, "customFields[margin]"),
    ({**CALL, "customFields": [{"value": "x"}]}, "customFields[]"),
    ({**CALL, "customFields": {"margin": 1}}, "customFields"),
    ([], "*"),
    (None, "*"),
    ("a", "*"),
    (5, "*"),
]


@pytest.mark.parametrize(("item", "field"), BAD_CALLS, ids=lambda value: repr(value)[:60])
def test_a_bad_call_is_named_and_its_neighbours_are_taken_in(
    server: ServerProcess, served: Stage, owner: Player, item: Any, field: str
) -> None:
    first, bad, last = results_of(post(server, owner, IMPORT, good(IMPORT, 1), item, good(IMPORT, 2)), IMPORT)
    assert (first["imported"], bad["imported"], last["imported"]) == (True, False, True)
    assert (bad["callId"], bad["errorCode"]) == (None, "10007")
    assert field in [violation["field"] for violation in bad["violations"]]
    assert bad["error"].startswith("Invalid parameters: ")
    assert len(kept(served, owner, IMPORT)) == 2


def test_all_faults_of_a_lead_are_stated_at_once(server: ServerProcess, owner: Player) -> None:
    (result,) = results_of(post(server, owner, IMPORT, {"duration": "x", "status": "?", "referenceId": "a"}), IMPORT)
    assert [violation["field"] for violation in result["violations"]] == [
        "duration", "status", "clientPhoneNumber", "callStartTime",
    ]  # fmt: skip
    (result,) = results_of(post(server, owner, CREATE, {"requestDate": "26.03.2018 10:00:00", "fio": "x"}), CREATE)
    assert [violation["field"] for violation in result["violations"]] == ["requestDate"]
    (result,) = results_of(post(server, owner, CREATE, {"subject": "nobody"}), CREATE)
    assert [violation["field"] for violation in result["violations"]] == ["phoneNumber"]


def test_a_call_is_imported_once_for_good(
    server: ServerProcess, served: Stage, owner: Player, stranger: Player
) -> None:
    first, twin = results_of(post(server, owner, IMPORT, CALL, CALL), IMPORT)
    (again,) = results_of(post(server, owner, IMPORT, CALL), IMPORT)
    for refused in (twin, again):
        assert (refused["imported"], refused["errorCode"]) == (False, "10047")
        assert refused["callId"] == first["callId"], "who has the name"
    assert results_of(post(server, stranger, IMPORT, CALL), IMPORT)[0]["imported"]
    with_sip = [{**good(IMPORT, number), "sipCallId": "s"} for number in (5, 6)]
    assert [item["imported"] for item in results_of(post(server, owner, IMPORT, *with_sip), IMPORT)] == [True, False]
    assert len(kept(served, owner, IMPORT)) == 2


def test_a_lead_request_sent_again_is_a_safe_retry(server: ServerProcess, served: Stage, owner: Player) -> None:
    first, twin = results_of(post(server, owner, CREATE, good(CREATE), good(CREATE)), CREATE)
    spent = points_of(served.database, owner)
    (again,) = results_of(post(server, owner, CREATE, good(CREATE)), CREATE)
    assert first == twin == again
    assert points_of(served.database, owner) == spent
    (other,) = results_of(post(server, owner, CREATE, good(CREATE, fio="другой")), CREATE)
    assert (other["imported"], other["errorCode"], other["requestId"]) == (False, "10047", first["requestId"])
    assert len(kept(served, owner, CREATE)) == 1


class TestList:
    """The list is read as a whole; what is no list is refused as a whole, and nothing is stored."""

    @EACH_PATH
    def test_a_hundred_are_taken_and_one_more_is_not(
        self, server: ServerProcess, served: Stage, owner: Player, path: str
    ) -> None:
        many = [good(path, number) for number in range(101)]
        refused = post(server, owner, path, *many)
        assert refused.status_code == 400
        assert refused.json()["data"]["validationErrorData"]["violations"][0]["field"] == LIST_OF[path]
        assert kept(served, owner, path) == []
        result = results_of(post(server, owner, path, *many[:100]), path)
        assert [item[NAME_OF[path]] for item in result] == [item[NAME_OF[path]] for item in many[:100]]
        assert len({item[ID_OF[path]] for item in result if item["imported"]}) == 100

    @EACH_PATH
    @pytest.mark.parametrize(
        "body",
        [b"", b"null", b"[]", b"{}", b"5", b'{"%s": null}', b'{"%s": []}', b'{"%s": {}}', b'{"%s": "x"}'],
    )
    def test_what_is_no_list_is_named(self, server: ServerProcess, owner: Player, path: str, body: bytes) -> None:
        name = LIST_OF[path].encode()
        refused = server.http.post(path, headers=headers_of(owner), content=body.replace(b"%s", name))
        assert refused.status_code == 400
        assert refused.json()["errorCode"] == ("10007" if body else "10008")
        assert list(refused.json()) == ["errorCode", "message", "data"]

    @EACH_PATH
    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ('{"note": 1, "items": [{}]}', "but items was sent instead"),
            ('{"%s": 5, "items": [{}]}', "in a body like {%s: […]}"),
            ('{"%s": {"phoneNumber": "79205550055"}}', "in a body like {%s: […]}"),
            ('{"phoneNumber": "79205550055", "addTags": []}', "{%s: […]}, but addTags was sent instead"),
            ("[{}]", "in a body like {%s: […]}"),
        ],
    )
    def test_a_list_under_another_name_is_named(
        self, server: ServerProcess, owner: Player, path: str, body: str, said: str
    ) -> None:
        content = body.replace("%s", LIST_OF[path])
        refused = server.http.post(path, headers={**headers_of(owner), "Accept-Language": "en"}, content=content)
        (violation,) = refused.json()["data"]["validationErrorData"]["violations"]
        assert violation["message"].endswith(said.replace("%s", LIST_OF[path])), violation

    @EACH_PATH
    @pytest.mark.parametrize(
        "body",
        [
            b"{", b'{"%s":[{}]', b"calls=1", b'{"%s":[NaN]}', b'{"%s":[Infinity]}', b'{"%s":[1e999]}', b"'",
            b'{"%s":["\\ud800"]}', b'{"%s":["\\udc00x"]}', b'{"%s":[{"\\ud800\\u0041":1}]}', b'{"%s":["\xff"]}',
            b'{"%s":["\xed\xa0\x80"]}', b'{"%s":[1,]}', b'{"%s":[' + b"9" * 5000 + b"]}", b'{"%s":' + b"[" * 200_000,
            b'{"%s":[' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"]}", '{"%s":[]}'.encode("utf-16"),
        ],
        ids=lambda body: repr(body[:30]),
    )  # fmt: skip
    def test_what_is_no_json_is_said_so(self, server: ServerProcess, owner: Player, path: str, body: bytes) -> None:
        name = LIST_OF[path].encode()
        refused = server.http.post(path, headers=headers_of(owner), content=body.replace(b"%s", name))
        assert (refused.status_code, refused.json()["errorCode"]) == (400, "10008"), refused.text

    @EACH_PATH
    @pytest.mark.parametrize(
        ("number", "found"),
        [
            ("79205550055", PHONE), ("79205550055.0", PHONE), ("7.9205550055E10", PHONE), ("7.9205550055e+10", PHONE),
            ("9205550055.00", PHONE), ("7.92055500E+10", None), ("7.92e10", None), ("7.92055500551E10", None),
        ],
    )  # fmt: skip
    def test_a_phone_sent_as_a_number_is_never_another_persons(
        self, server: ServerProcess, served: Stage, owner: Player, path: str, number: str, found: str | None
    ) -> None:
        name = {IMPORT: "clientPhoneNumber", CREATE: "phoneNumber"}[path]
        body = json.dumps({LIST_OF[path]: [good(path, **{name: "?"})]}).replace('"?"', number)
        assert results_of(server.http.post(path, headers=headers_of(owner), content=body), path)[0]["imported"]
        stored = rows_of(served.database, owner).get("lead_contact", [])
        assert [row[1] for row in stored] == ([found] if found is not None else [])

    @EACH_PATH
    @pytest.mark.parametrize(("number", "text"), [("1.50", "1.5"), ("1e3", "1000"), ("5.0", "5"), ("0.1", "0.1")])
    def test_other_numbers_are_the_texts_they_are_written_as(
        self, server: ServerProcess, served: Stage, owner: Player, path: str, number: str, text: str
    ) -> None:
        body = json.dumps({LIST_OF[path]: [good(path, manager="?")]}).replace('"?"', number)
        assert results_of(server.http.post(path, headers=headers_of(owner), content=body), path)[0]["imported"]
        assert kept(served, owner, path)[0]["manager"] == text

    @EACH_PATH
    def test_a_byte_order_mark_is_passed_over(self, server: ServerProcess, owner: Player, path: str) -> None:
        body = b"\xef\xbb\xbf" + json.dumps({LIST_OF[path]: [good(path)]}).encode()
        answer = server.http.post(f"{path}/", headers=headers_of(owner), content=body)
        assert results_of(answer, path)[0]["imported"]

    @EACH_PATH
    def test_one_that_is_too_large_is_413(self, server: ServerProcess, owner: Player, path: str) -> None:
        refused = server.http.post(path, headers=headers_of(owner), content=b"[" + b" " * 2_000_000)
        assert (refused.status_code, refused.json()["errorCode"]) == (413, "10009")


class TestDoor:
    """The token and the site stand in headers."""

    @EACH_PATH
    @pytest.mark.parametrize("token", [None, "", "wrong", "я"])
    def test_without_a_live_token_it_is_403(
        self, server: ServerProcess, owner: Player, path: str, token: str | None
    ) -> None:
        headers = {} if token is None else {"Access-Token": token.encode()}
        refused = server.http.post(path, headers=headers, params={"clientApiId": owner.token}, json={})
        assert (refused.status_code, refused.json()["errorCode"]) == (403, "10020")
        assert "Access-Token" in refused.json()["message"]

    @EACH_PATH
    def test_the_site_must_be_the_tokens_if_it_is_named(
        self, server: ServerProcess, owner: Player, stranger: Player, path: str
    ) -> None:
        for site_id in (str(stranger.site.id), "abc", "0"):
            headers = {"Access-Token": owner.token, "SiteId": site_id}
            refused = server.http.post(path, headers=headers, json={LIST_OF[path]: [good(path)]})
            assert (refused.status_code, refused.json()["errorCode"]) == (403, "10021")
        unnamed = server.http.post(path, headers={"Access-Token": owner.token}, json={LIST_OF[path]: [good(path)]})
        assert results_of(unnamed, path)[0]["imported"]

    @EACH_PATH
    def test_only_post_is_taken(self, server: ServerProcess, owner: Player, path: str) -> None:
        for method in ("GET", "PUT", "OPTIONS", "HEAD"):
            refused = server.http.request(method, path, headers=headers_of(owner))
            assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
            assert "access-control-allow-origin" not in refused.headers


class TestPoints:
    """A call of the API costs once if it brought anything, whatever the length of its list."""

    @EACH_PATH
    def test_success_costs_once_and_failure_nothing(self, server: ServerProcess, served: Stage, path: str) -> None:
        player = served.open_site(points_per_day=5)
        post(server, player, path, *[good(path, number) for number in range(30)])
        assert points_of(served.database, player) == 1
        post(server, player, path, {"comment": []}, 5)
        post(server, player, path)
        server.http.post(path, headers=headers_of(player), content=b"{")
        assert points_of(served.database, player) == 1

    @EACH_PATH
    def test_without_points_nothing_is_stored(self, server: ServerProcess, served: Stage, path: str) -> None:
        player = served.open_site(points_per_day=3, point_costs={"call-import": 2, "request-create": 2})
        results_of(post(server, player, path, good(path, 1)), path)
        stored = rows_of(served.database, player)
        refused = post(server, player, path, good(path, 2))
        assert (refused.status_code, refused.json()["errorCode"]) == (429, "10031")
        assert rows_of(served.database, player) == stored


@EACH_PATH
def test_lists_that_come_at_once_do_not_disturb_each_other(
    server: ServerProcess, served: Stage, owner: Player, path: str
) -> None:
    answers: list[httpx.Response] = []

    def send(caller: int) -> None:
        items = [good(path, 100 * caller + number) for number in range(100)]
        with http_client(server.url, timeout=60) as http:
            answers.append(http.post(path, headers=headers_of(owner), json={LIST_OF[path]: [*items[:99], items[0]]}))

    callers = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for item in callers:
        item.start()
    for item in callers:
        item.join()
    result = [item for answer in answers for item in results_of(answer, path)]
    assert len({item[ID_OF[path]] for item in result}) == 8 * 99
    assert len(kept(served, owner, path)) == 8 * 99
    assert "request_broke" not in server.logged


class TestSource:
    """A lead without a visit shows the source its sender states."""

    def test_journal_and_update_show_it_without_a_session(self, server: ServerProcess, owner: Player) -> None:
        source = {"source": "avito", "medium": "cpa", "campaign": "c", "content": "o", "term": "t"}
        post(server, owner, IMPORT, {**CALL, "customSources": source})
        server.register(owner.token, orderNumber="n", callReferenceId="a-1", source="deal's own")
        (record,) = server.journal(owner.token, owner.site.id).json()["records"]
        shown = [record["visit"][key] for key in ("sessionId", "source", "medium", "utmCampaign", "keyword")]
        assert shown == [None, "avito", "cpa", "c", "t"]
        session = server.update(owner.token, orderNumber="n").json()["session"]
        assert list(session) == [
            "keywords", "city", "ip", "browser", "source", "medium", "ref", "url", "utmSource", "utmMedium", "utmTerm",
            "utmContent", "utmCampaign", "guaClientId", "yaClientId", "sessionId", "additionalTags", "attribution",
            "attrs",
        ]  # fmt: skip
        shown = [session[key] for key in ("sessionId", "source", "medium", "utmCampaign", "utmContent", "keywords")]
        assert shown == [None, "avito", "cpa", "c", "o", "t"]

    def test_a_lead_without_any_source_shows_none(self, server: ServerProcess, owner: Player) -> None:
        post(server, owner, IMPORT, {**CALL, "customSources": {"source": ""}})
        server.register(owner.token, orderNumber="n", callReferenceId="a-1", source="deal's own")
        (record,) = server.journal(owner.token, owner.site.id).json()["records"]
        assert (record["visit"], server.update(owner.token, orderNumber="n").json()["session"]) == (None, None)


WORDS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
WORDS |= st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAMES = st.sampled_from(
    ["referenceId", "requestNumber", "duration", "comment", "addTags", "customFields", "customSources", "fio", "text"]
) | st.text(max_size=8)
JSON = st.recursive(WORDS, lambda part: st.lists(part, max_size=4) | st.dictionaries(NAMES, part, max_size=5))


@pytest.fixture(scope="module")
def prey(served: Stage) -> Player:
    """Open a site that is thrown anything at."""
    return served.open_site(fields=["margin"])


@EACH_PATH
@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(JSON | st.dictionaries(NAMES, JSON, max_size=6), min_size=1, max_size=5))
def test_whatever_is_in_a_list_is_answered(server: ServerProcess, prey: Player, path: str, items: list[Any]) -> None:
    body = json.dumps({LIST_OF[path]: items}).encode()
    answer = server.http.post(path, headers=headers_of(prey), content=body)
    if answer.status_code != 400:
        assert len(results_of(answer, path)) == len(items)
    answer.json()


@pytest.fixture(autouse=True, scope="module")
def _no_failure_in_the_log(server: ServerProcess) -> Iterator[None]:
    """Look at the log when all is done: nothing may have broken behind an answer."""
    yield
    assert "request_broke" not in server.logged


@EACH_PATH
def test_texts_may_be_numbers_and_the_first_of_a_repeated_field_counts(
    server: ServerProcess, served: Stage, path: str
) -> None:
    player = served.open_site(fields=["margin"])
    fields = [{"field": "margin", "value": 1}, {"field": "margin", "value": 2}]
    lead = good(path, comment=15, manager=7, addTags=[1, {"tag": 2}, "опт"], customFields=fields)
    (result,) = results_of(post(server, player, path, lead), path)
    assert result["error"] is None
    (row,) = kept(served, player, path)
    assert (row["comment"], row["manager"], row["tags"], row["custom_values"]) == (
        "15",
        "7",
        ["1", "2", "опт"],
        {"margin": "1"},
    )


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ru", "ожидается текст или число, передано: список"),
        ("en", "a string or a number is expected, not a list"),
    ],
)
def test_a_value_of_the_wrong_type_is_explained_in_the_callers_language(
    server: ServerProcess, owner: Player, language: str, expected: str
) -> None:
    headers = {**headers_of(owner), "Accept-Language": language}
    answer = server.http.post(CREATE, headers=headers, json={"requests": [good(CREATE, manager=[])]})
    (result,) = results_of(answer, CREATE)
    assert expected in str(result)
