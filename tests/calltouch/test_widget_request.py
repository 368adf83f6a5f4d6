"""`widget-request/user-form/create`: forms of the callback widget, over HTTP to a real server."""

import json
from typing import Any

import httpx
import pytest

from cast import Player, Stage, moscow
from dealtrace.attribution.traffic_source import TrafficSource
from described import check_answer
from server import REST, ServerProcess
from stored import points_of, rows_of

PATH = "/widget-service/v1/api/widget-request/user-form/create"
PHONE = "79205550055"
FORM: dict[str, Any] = {"routeKey": "SIMPLE_FORM_4", "phone": PHONE}


def send(server: ServerProcess, player: Player, body: Any, *, kind: str = "application/json") -> httpx.Response:
    headers = {"Access-Token": player.token, "Content-Type": kind}
    return server.http.post(PATH, content=json.dumps(body), headers=headers)


def lead_request_of(server: ServerProcess, player: Player, answer: httpx.Response) -> dict[str, Any]:
    """Return the lead request that an answer names, as the API shows it."""
    assert answer.status_code == 200, answer.text
    check_answer(server, PATH, answer.json())
    lead_id = answer.json()["data"]["widgetRequestId"]
    asked = {"clientApiId": player.token, "withRequestTags": "true", "withCustomFields": "true"}
    return dict(server.http.get(f"{REST}/requests/{lead_id}", params=asked).json())


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
def test_a_form_becomes_a_lead_request_whatever_type_it_claims(server: ServerProcess, owner: Player, kind: str) -> None:
    record = lead_request_of(server, owner, send(server, owner, FORM, kind=kind))
    assert (record["subject"], record["client"]["phones"][0]["phoneNumber"]) == ("SIMPLE_FORM_4", PHONE)


def test_a_phone_that_was_rounded_is_nobodys(server: ServerProcess, owner: Player) -> None:
    headers = {"Access-Token": owner.token}
    for sent in (
        '"phone": 7.92055500E+10',
        '"fields": [{"name": "phone", "value": 7.92055500E+10, "type": "phone"}]',
        '"fields": [{"name": "Ваш номер", "value": 7.92055500e10}]',
    ):
        body = f'{{"routeKey": "SIMPLE_FORM_4", {sent}}}'.encode()
        answer = server.http.post(PATH, content=body, headers=headers)
        assert answer.status_code == 400, sent
    whole = b'{"routeKey": "SIMPLE_FORM_4", "fields": [{"name": "phone", "value": 79205550055.0}]}'
    record = lead_request_of(server, owner, server.http.post(PATH, content=whole, headers=headers))
    assert record["client"]["phones"][0]["phoneNumber"] == PHONE


def test_everything_that_is_sent_is_kept(server: ServerProcess, served: Stage) -> None:
    player = served.open_site(fields=["margin"])
    record = lead_request_of(
        server,
        player,
        send(
            server,
            player,
            {
                **FORM,
                "fields": [
                    {"name": "Имя", "value": "Иван"},
                    {"name": "mail", "value": "i@example.ru", "type": "email"},
                    {"name": "margin", "value": "15"},
                    {"name": "Город", "value": "Тверь"},
                    {"name": "empty", "value": ""},
                ],
                "utmSource": "yandex",
                "utmMedium": "cpc",
                "utmCampaign": "весна",
                "callUrl": "https://shop.example/?a=b",
                "scheduleTime": "26-03-2018 10:00:00",
                "tags": ["опт", {"tag": "срочно"}],
            },
        ),
    )
    assert record["client"]["fio"] == "Иван"
    assert record["client"]["contacts"] == [{"contactType": "EMAIL", "contactValue": "i@example.ru"}]
    assert record["customFields"] == [{"field": "margin", "value": "15"}]
    assert record["comments"][0]["comment"] == "Город: Тверь\nscheduleTime: 26-03-2018 10:00:00"
    assert record["RequestTags"][0]["names"] == ["опт", "срочно"]
    assert record["requestUrl"] == "https://shop.example/?a=b"
    session = record["session"]
    assert [session[key] for key in ("sessionId", "source", "medium", "utmCampaign")] == [
        None,
        "yandex",
        "cpc",
        "весна",
    ]


def test_a_visit_counts_before_the_stated_source(server: ServerProcess, served: Stage, owner: Player) -> None:
    visit = served.visit(owner, moscow("2026-03-26", "09:00:00"), TrafficSource("vk", "cpc"))
    answer = send(server, owner, {**FORM, "sessionId": str(visit.id), "utmSource": "yandex"})
    session = lead_request_of(server, owner, answer)["session"]
    assert (session["sessionId"], session["source"]) == (visit.id, "vk")


@pytest.mark.parametrize("session", ["", 0, None, "undefined", "abc"])
def test_what_is_no_session_is_none(server: ServerProcess, owner: Player, session: Any) -> None:
    record = lead_request_of(server, owner, send(server, owner, {**FORM, "sessionId": session}))
    assert record["session"]["sessionId"] is None


EMAIL = [{"name": "почта", "value": "i@example.ru"}]
REFUSED: dict[str, tuple[Any, str]] = {
    "no phone": ({"routeKey": "k"}, "10013"),
    "a bad phone": ({"routeKey": "k", "phone": "123"}, "10013"),
    "a bad phone comes first": ({"phone": "123", "tags": ["a"] * 11}, "10013"),
    "a name is no contact": ({"routeKey": "k", "phone": "", "fields": [{"name": "name", "value": "Иван"}]}, "10013"),
    "no key": ({"phone": PHONE}, "10003"),
    "an empty key": ({"routeKey": " ", "phone": PHONE, "tags": ["a"] * 11}, "10003"),
    "too many tags": ({**FORM, "tags": [f"t{number}" for number in range(11)]}, "10007"),
    "a bad time": ({**FORM, "scheduleTime": "soon"}, "10007"),
    "a key that is too long": ({**FORM, "routeKey": "я" * 257}, "10007"),
    "a field that is too long": ({**FORM, "fields": [{"name": "a", "value": "я" * 4097}]}, "10007"),
    "too many fields": ({**FORM, "fields": [{"name": "a", "value": "b"}] * 101}, "10007"),
    "a null byte in the phone": ({"routeKey": "k", "phone": PHONE + "\0"}, "10007"),
    "a null byte in the name": ({**FORM, "fields": [{"name": "fio", "value": "Иван\0"}]}, "10007"),
    "a null byte in an e-mail": ({**FORM, "fields": [{"name": "mail", "value": "a\0@example.ru"}]}, "10007"),
    "a null byte in the name of a field": ({**FORM, "fields": [{"name": "a\0", "value": "b"}]}, "10007"),
    "too many fields, whatever is in them": ({"fields": [{"value": "sip:" * 250}] * 1000}, "10007"),
    "fields of another kind": ({**FORM, "fields": "a"}, "10007"),
    "no object": ([1], "10007"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_faulty_form_is_refused_with_the_vendors_numbers(server: ServerProcess, served: Stage, name: str) -> None:
    player = served.open_site()
    body, code = REFUSED[name]
    refused = send(server, player, body)
    assert (refused.status_code, refused.json()["errorCode"]) == (400, code), refused.text
    assert refused.json()["data"]["apiErrorData"]["errorCode"] == int(code)
    assert "lead_request" not in rows_of(served.database, player)
    assert not points_of(served.database, player)


@pytest.mark.parametrize(
    ("body", "phone", "email"),
    [
        ({"phone": "123", "fields": EMAIL}, None, "i@example.ru"),
        ({"fields": EMAIL}, None, "i@example.ru"),
        ({"phone": "8 (920) 555-00-55"}, PHONE, None),
        ({"phone": 79205550055}, PHONE, None),
        ({"phone": "", "fields": [{"name": "тел", "value": "+7 920 555-00-55"}]}, PHONE, None),
    ],
    ids=str,
)
def test_a_lead_is_not_lost_for_a_bad_phone_alone(
    server: ServerProcess, owner: Player, body: dict[str, Any], phone: str | None, email: str | None
) -> None:
    client = lead_request_of(server, owner, send(server, owner, {"routeKey": "k", **body}))["client"]
    phones = [entry["phoneNumber"] for entry in client["phones"]]
    emails = [entry["contactValue"] for entry in client["contacts"]]
    assert (phones, emails) == ([phone] if phone else [], [email] if email else [])


def test_it_needs_the_token_in_its_header_and_no_number_of_a_site(
    server: ServerProcess, owner: Player, stranger: Player
) -> None:
    refused = server.http.post(PATH, json=FORM)
    assert (refused.status_code, refused.json()["errorCode"]) == (403, "10020")
    foreign = {"Access-Token": owner.token, "SiteId": str(stranger.site.id)}
    assert server.http.post(PATH, json=FORM, headers=foreign).json()["errorCode"] == "10021"


def test_it_costs_a_point_and_two_requests_of_one_phone_need_no_pause(server: ServerProcess, served: Stage) -> None:
    poor = served.open_site(points_per_day=2)
    assert [send(server, poor, FORM).status_code for _ in range(3)] == [200, 200, 429]
    assert len(rows_of(served.database, poor)["lead_request"]) == 2


LONG = "Прошу выслать предложение на i@example.ru " + "и ещё раз " * 60
MESSAGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an e-mail in a long message": (
        {"fields": [{"name": "Сообщение", "value": LONG}]},
        {"email": "i@example.ru", "comment": f"Сообщение: {LONG.strip()}"},
    ),
    "an e-mail in a short message": (
        {"fields": [{"name": "Сообщение", "value": "пишите на i@example.ru"}]},
        {"email": "i@example.ru", "comment": "Сообщение: пишите на i@example.ru"},
    ),
    "a field is taken before a message": (
        {"fields": [{"value": "для boss@example.ru"}, {"value": "i@example.ru"}]},
        {"email": "i@example.ru", "comment": ": для boss@example.ru"},
    ),
    "a phone in a message": (
        {"fields": [{"name": "Сообщение", "value": "перезвоните на 8 (920) 555-00-55, пожалуйста"}]},
        {"phone": PHONE, "comment": "Сообщение: перезвоните на 8 (920) 555-00-55, пожалуйста"},
    ),
    "a name that is too long": (
        {"phone": PHONE, "fields": [{"name": "fio", "value": "я" * 300}]},
        {"phone": PHONE, "comment": f"fio: {'я' * 300}"},
    ),
    "a phone that is too long": (
        {"phone": f"{PHONE}, {'просьба звонить ' * 9}"},
        {"phone": PHONE, "comment": f"phone: {PHONE}, {'просьба звонить ' * 9}".strip()},
    ),
    "an e-mail for a phone": ({"phone": "i@example.ru"}, {"email": "i@example.ru", "comment": "phone: i@example.ru"}),
    "two e-mails": ({"fields": [{"value": "a@example.ru, b@example.ru"}]}, {"email": "a@example.ru, b@example.ru"}),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_stays_whole_beside_the_contacts_in_it(server: ServerProcess, owner: Player, name: str) -> None:
    body, expected = MESSAGES[name]
    record = lead_request_of(server, owner, send(server, owner, {"routeKey": "k", **body}))
    assert [entry["phoneNumber"] for entry in record["client"]["phones"]] == [*filter(None, [expected.get("phone")])]
    emails = expected["email"].split(", ") if "email" in expected else []
    assert [entry["contactValue"] for entry in record["client"]["contacts"]] == emails
    assert [comment["comment"] for comment in record["comments"]] == [*filter(None, [expected.get("comment")])]


def test_the_first_value_of_a_repeated_custom_field_counts_and_the_others_stay(
    server: ServerProcess, served: Stage
) -> None:
    player = served.open_site(fields=["margin"])
    fields = [{"name": "margin", "value": "1"}, {"name": "margin", "value": "2"}]
    record = lead_request_of(server, player, send(server, player, {**FORM, "fields": fields, "tags": [7, {"tag": 8}]}))
    assert record["customFields"] == [{"field": "margin", "value": "1"}]
    assert record["comments"][0]["comment"] == "margin: 2"
    assert record["RequestTags"][0]["names"] == ["7", "8"]
