"""Bad input: a 4xx that names the parameter and the cure, nothing stored, never a 500, never a hang."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cast import Player, Stage
from dealtrace.calltouch.parameters import REGISTER as PARAMETERS
from examples import examples
from server import REGISTER, REST, UPDATE, ServerProcess, deal_parameters

LONG = 10_001

FAULTY: list[tuple[str, str]] = [
    *(("orderSum", text) for text in ("abc", "NaN", "Infinity", "-inf", "1e5", "--5", "1.2.3", "0x10", "1_000", ".")),
    *(("orderSum", text) for text in ("900000000000000.0001", "9" * 30, "9" * 5000, "²", "1 руб", "−−5", "1'000")),
    *(("orderDate", text) for text in ("26.03.2018", "2018-03-26 10:00:00", "26/03/2018 10:00:00", "1522047600")),
    *(("orderDate", text) for text in ("32.01.2018 10:00:00", "29.02.2019 10:00:00", "26.13.2018 10:00:00")),
    *(("orderDate", text) for text in ("26.03.2018 24:00:00", "26.03.2018 10:60:00", "26.03.2018 10:00:60")),
    *(("orderDate", text) for text in ("31.12.1989 23:59:59", "01.01.2101 00:00:00", "00.00.0000 00:00:00")),
    *(("orderDate", text) for text in ("26.03.2018 10:00:00 x", "26.03.2018Z10:00:00", "26.03.2018 10:00:00+03:00")),
    *(("callId", text) for text in ("abc", "-1", "1.5", "9007199254740992", "1e3", "9" * 5000, "²")),
    *(("requestId", text) for text in ("abc", "-1", "null", "undefined")),
    *(("linkTimeThreshold", text) for text in ("-1", "x", "1.5", "316224001", "9" * 20)),
    *(("bindTo", text) for text in ("chats", "call", "calls,requests")),
    *((name, "я" * 257) for name in ("orderNumber", "orderStatus", "service", "manager", "callReferenceId")),
    *((name, "x" * 1025) for name in ("source", "medium", "campaign", "content", "term")),
    ("orderComment", "x" * LONG),
    ("phoneNumber", "7" * 65),
    ("email", "x" * 321),
    ("tags", ",".join(str(number) for number in range(101))),
    ("tags", "x" * 257),
    ("custom[margin]", "x" * 4097),
    ("custom[]", "1"),
    ("custom[margin", "1"),
    (f"custom[{'x' * 101}]", "1"),
    *((name, "a\0b") for name in ("orderStatus", "orderNumber", "orderComment", "tags", "custom[margin]", "email")),
]


def violations_of(refused: httpx.Response) -> list[dict[str, str]]:
    """Read the violations of a field error."""
    assert refused.status_code == 400, refused.text
    body = refused.json()
    assert body["errorCode"] == "10007"
    found: list[dict[str, str]] = body["data"]["validationErrorData"]["violations"]
    assert all(item["message"] for item in found)
    return found


def assert_nothing_is_stored(server: ServerProcess, player: Player) -> None:
    """Read the journal, which must be empty."""
    everything = {"dateFrom": "01/01/1990", "dateTo": "31/12/2100"}
    assert server.journal(player.token, player.site.id, **everything).json()["recordsTotal"] == 0


@pytest.mark.parametrize(("name", "text"), FAULTY, ids=[f"{name}-{text[:30]!r}" for name, text in FAULTY])
def test_a_faulty_parameter_is_named(server: ServerProcess, owner: Player, name: str, text: str) -> None:
    (violation,) = violations_of(server.http.post(REGISTER, data=dict(deal_parameters(owner.token, **{name: text}))))
    assert violation["field"] == name
    assert_nothing_is_stored(server, owner)


@pytest.mark.parametrize(
    "name", [parameter.name for parameter in PARAMETERS if parameter.required and parameter.name != "clientApiId"]
)
@pytest.mark.parametrize("empty", [True, False])
def test_a_required_parameter_that_is_missing_is_named(
    server: ServerProcess, owner: Player, name: str, *, empty: bool
) -> None:
    sent = dict(deal_parameters(owner.token))
    del sent[name]
    (violation,) = violations_of(server.http.get(REGISTER, params={**sent, **({name: ""} if empty else {})}))
    assert violation["field"] == name
    assert_nothing_is_stored(server, owner)


@pytest.mark.parametrize(
    "value", ["%", "%zz", "100%", "%E", "%E0%A4", "%ED%A0%80", "%FF", "%C0%80", "%F4%90%80%80", "a%00b"]
)
@pytest.mark.parametrize("name", ["orderStatus", "custom[margin]", "tags"])
def test_broken_encoding_is_named(server: ServerProcess, owner: Player, name: str, value: str) -> None:
    sent = dict(deal_parameters(owner.token))
    sent.pop(name, None)
    query = f"{httpx.QueryParams(sent)}&{name}={value}".encode()
    for refused in (server.http.post(REGISTER, content=query), over_a_socket(server, query)):
        (violation,) = violations_of(refused)
        assert violation["field"] == name
    assert_nothing_is_stored(server, owner)


def over_a_socket(server: ServerProcess, query: bytes) -> httpx.Response:
    """Send a query as it is; clients of tests would repair it."""
    request = b"GET %s?%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % (REGISTER.encode(), query)
    head, _, body = server.raw(request).partition(b"\r\n\r\n")
    return httpx.Response(int(head.split()[1]), content=body)


def test_unknown_parameters_may_be_broken(server: ServerProcess, owner: Player) -> None:
    query = f"{httpx.QueryParams(dict(deal_parameters(owner.token)))}&other=%zz&%zz=1&%FF=2&=3&&;".encode()
    assert over_a_socket(server, query).status_code == 200


def test_every_fault_is_stated_at_once_and_once(server: ServerProcess, owner: Player) -> None:
    sent = {"orderSum": "x", "orderDate": "x", "callId": "x", "custom[]": "1", "tags": "x" * 300, "orderStatus": ""}
    named = [violation["field"] for violation in violations_of(server.register(owner.token, **sent))]
    assert sorted(named) == sorted(sent)


@pytest.mark.parametrize("path", [REGISTER, UPDATE])
def test_two_hundred_custom_values_are_enough(server: ServerProcess, owner: Player, path: str) -> None:
    made = server.register(owner.token, orderNumber="n").json()["orderId"]
    customs = {f"custom[f{number}]": "1" for number in range(201)}
    named = {"orderId": made} if path == UPDATE else {}
    (violation,) = violations_of(server.http.get(path, params={**deal_parameters(owner.token), **named, **customs}))
    assert violation["field"] == "custom[f200]"


@pytest.mark.parametrize("as_body", [True, False])
def test_five_thousand_parameters_are_refused_whole(server: ServerProcess, owner: Player, *, as_body: bool) -> None:
    sent = {**deal_parameters(owner.token), **{f"p{number}": "1" for number in range(5000)}}
    refused = server.http.post(REGISTER, data=sent) if as_body else server.http.get(REGISTER, params=sent)
    if refused.status_code != 414:
        (violation,) = violations_of(refused)
        assert violation["field"] == "*"
    assert_nothing_is_stored(server, owner)


@pytest.mark.parametrize(
    ("language", "words"), [("en-US,en;q=0.9", "required"), ("ru", "обязательный"), (None, "обяз")]
)
def test_it_speaks_both_languages(server: ServerProcess, owner: Player, language: str | None, words: str) -> None:
    sent = dict(deal_parameters(owner.token))
    del sent["orderSum"]
    headers = {"accept-language": language} if language else {}
    refused = server.http.get(REGISTER, params=sent, headers=headers)
    assert words in refused.json()["message"]
    assert words in violations_of(refused)[0]["message"]


def test_what_the_server_itself_cannot_read_is_its_own_400(server: ServerProcess) -> None:
    for query in (b"manager=\xca\xee\xeb\xff", b'a="b"'):
        request = b"GET %s?%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % (REGISTER.encode(), query)
        assert server.raw(request).startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 403 "))


PATHS = [REGISTER, UPDATE, f"{REST}/orders/delete-by-id", "journal"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAMES = st.sampled_from(
    [parameter.name for parameter in PARAMETERS] + ["orderId", "status", "custom[margin]", "page", "dateFrom"]
)


@pytest.fixture(scope="module")
def prey(served: Stage) -> Player:
    """Open a site that is thrown anything at."""
    return served.open_site(fields=["margin"], contact_matching=True)


def bytes_like_queries() -> st.SearchStrategy[bytes]:
    """Make queries of known names, odd characters and broken pieces."""
    piece = st.sampled_from([b"&", b"=", b"%", b"%00", b"%FF", b"[", b"]", b"+", b"custom[", b"orderSum=", b"\xd0\x9a"])
    return st.lists(piece | st.binary(max_size=4), max_size=30).map(b"".join)


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), sent=st.dictionaries(NAMES | TEXTS, TEXTS | st.integers().map(str), max_size=8))
def test_whatever_is_asked_is_answered(server: ServerProcess, prey: Player, path: str, sent: dict[str, Any]) -> None:
    known = dict(deal_parameters(prey.token)) | sent | {"clientApiId": prey.token}
    path = path.replace("journal", f"{REST}/{prey.site.id}/orders-diary/orders")
    answer = server.http.get(path, params=known)
    assert answer.status_code in (200, 400), answer.text
    answer.json()


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bytes_like_queries())
def test_whatever_a_body_holds_is_answered(server: ServerProcess, prey: Player, body: bytes) -> None:
    answer = server.http.post(REGISTER, params={"clientApiId": prey.token}, content=body)
    assert answer.status_code in (200, 400, 403), answer.text
    answer.json()


@pytest.fixture(autouse=True, scope="module")
def _no_failure_in_the_log(server: ServerProcess) -> Iterator[None]:
    """Look at the log when all is done: nothing may have broken behind an answer."""
    yield
    assert "request_broke" not in server.logged
