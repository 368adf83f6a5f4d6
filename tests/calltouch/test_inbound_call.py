"""`inbound-call` of an exchange and `getnodeid`, over HTTP to a real server."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cast import Player, Stage, moscow
from dealtrace.calltouch.parameters import INBOUND_CALL
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.schema.tables.leads import call
from engines import on_one_engine
from examples import examples
from server import REST, ServerProcess
from stored import points_of, rows_of
from waiting import wait_until

PATH = "/event-service/platform/my-ats/inbound-call"
PHONE = "79205550055"


def report(server: ServerProcess, player: Player, path: str = PATH, **values: Any) -> httpx.Response:
    sent = {"apikey": player.token, "callid": "1522047000.17", "date": "2018-03-26 09:50:00", **values}
    return server.http.get(path, params=sent, headers={"accept-language": "en"})


def kept(stage: Stage, player: Player) -> list[dict[str, Any]]:
    rows = rows_of(stage.database, player).get("call", [])
    return [dict(zip(call.columns.keys(), row, strict=True)) for row in rows]


def test_it_answers_with_the_id_as_plain_text(server: ServerProcess, served: Stage, owner: Player) -> None:
    answer = report(
        server, owner, model="asterisk", callerid=PHONE, phonenumber="74950000000", destphonenumber="101",
        duration=120, waitingtime=9, status="successful", other="x",
    )  # fmt: skip
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain;charset=UTF-8")
    (row,) = kept(served, owner)
    assert answer.text == str(row["id"])
    expected = {
        "reference": "1522047000.17", "phone": PHONE, "dialled_phone": "74950000000", "answering_phone": "101",
        "duration_seconds": 120, "waiting_seconds": 9, "is_successful": True, "exchange": "my-ats",
        "exchange_model": "asterisk",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_the_same_call_again_updates_it(server: ServerProcess, served: Stage, owner: Player) -> None:
    server.register(owner.token, orderNumber="n", phoneNumber=PHONE, linkTimeThreshold=60)
    first = report(server, owner, callerid=PHONE)
    assert server.update(owner.token, orderNumber="n").json()["order"]["callId"] is None
    again = report(server, owner, duration=580, status="NO ANSWER")
    assert again.text == first.text
    assert server.update(owner.token, orderNumber="n").json()["order"]["callId"] == int(first.text)
    report(server, owner, duration=10)
    assert server.update(owner.token, orderNumber="n").json()["order"]["callId"] is None
    (row,) = kept(served, owner)
    assert (row["duration_seconds"], row["is_successful"], row["phone"]) == (10, False, PHONE)


@pytest.mark.parametrize(
    ("date", "duration", "kept_seconds"),
    [
        ("2018-03-26 09:50:00", "65.0", 65),
        ("2018-03-26 09:50:00", "65.9", 65),
        ("2018-03-26 09:50:00", " 65,5\u00a0", 65),
        ("2018-03-26 09:50:00.700", "65.5", 66),
    ],
)
def test_fractions_of_a_second_are_cut_as_in_files(
    server: ServerProcess, served: Stage, owner: Player, date: str, duration: str, kept_seconds: int
) -> None:
    assert report(server, owner, date=date, duration=duration, waitingtime="7.9").status_code == 200
    (row,) = kept(served, owner)
    assert (row["duration_seconds"], row["waiting_seconds"]) == (kept_seconds, 7)
    assert row["started_at"] == moscow("2018-03-26", "09:50:00")


@pytest.mark.parametrize("caller", ["", "Anonymous", "undefined"])
def test_a_hidden_caller_is_kept(server: ServerProcess, served: Stage, owner: Player, caller: str) -> None:
    assert report(server, owner, callerid=caller).status_code == 200
    assert kept(served, owner)[0]["phone"] == caller


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("callid", ""),
        ("callid", "x" * 101),
        ("callid", "a\0"),
        ("date", ""),
        ("date", "26-03-2018 09:50:00"),
        ("date", "2018-03-26"),
        ("date", "2018-13-26 09:50:00"),
        ("duration", "-1"),
        ("duration", "1.5.5"),
        ("duration", "1,500"),
        ("duration", "2592000.5"),
        ("duration", "1e3"),
        ("duration", "2592001"),
        ("waitingtime", "x"),
        ("status", "maybe"),
        ("callerid", "7" * 65),
        ("model", "x" * 257),
    ],
)
def test_a_fault_is_plain_text_that_names_it(
    server: ServerProcess, served: Stage, owner: Player, name: str, text: str
) -> None:
    refused = report(server, owner, **{name: text})
    assert (refused.status_code, refused.headers["content-type"]) == (400, "text/plain;charset=UTF-8")
    assert refused.text.startswith(f"Invalid parameters: {name}: ")
    assert kept(served, owner) == []


@pytest.mark.parametrize("code", ["x" * 257, "%00", "%D0%90%0A"])
def test_a_name_of_an_exchange_that_cannot_be_kept_is_refused(server: ServerProcess, owner: Player, code: str) -> None:
    refused = report(server, owner, f"/event-service/platform/{code}/inbound-call")
    assert refused.status_code == 400
    assert "ATS_CODE" in refused.text


@pytest.mark.parametrize("code", ["АТС", "a.b-c_d", "a%20b", "1"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_any_other_name_will_do(server: ServerProcess, owner: Player, code: str, slash: str) -> None:
    assert report(server, owner, f"/event-service/platform/{code}/inbound-call{slash}").status_code == 200


@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_a_token_it_is_403(server: ServerProcess, owner: Player, token: str) -> None:
    refused = report(server, owner, apikey=token, clientApiId=owner.token)
    assert (refused.status_code, refused.headers["content-type"]) == (403, "text/plain;charset=UTF-8")
    assert "apikey" in refused.text


def test_only_get_is_taken(server: ServerProcess, owner: Player) -> None:
    refused = server.http.post(PATH, data={"apikey": owner.token})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")
    assert refused.headers["content-type"] == "text/plain;charset=UTF-8"


def test_it_speaks_russian_by_default(server: ServerProcess, owner: Player) -> None:
    refused = server.http.get(PATH, params={"apikey": owner.token})
    assert refused.text.startswith("Ошибка в параметрах: callid: ")


def test_it_costs_points_once_for_what_is_new(server: ServerProcess, served: Stage) -> None:
    player = served.open_site(points_per_day=2)
    for result in ({}, {}, {"duration": 1}, {"duration": 1}, {"duration": "?"}):
        report(server, player, **result)
    assert points_of(served.database, player) == 2
    refused = report(server, player, duration=2)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert refused.headers["content-type"] == "text/plain;charset=UTF-8"
    assert kept(served, player)[0]["duration_seconds"] == 1


@on_one_engine
def test_an_exchange_has_a_limit_of_its_own(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server(exchange_rate_per_second=10_000, rate_per_second=1)
    database = open_database(server.database_url)
    player = Stage(database).open_site()
    assert Counter(report(server, player, callid=str(number)).status_code for number in range(30)) == {200: 30}
    server.close()
    strict = start_server(exchange_rate_per_second=1, database_url=server.database_url)
    answers = list[httpx.Response]()

    def is_refused() -> bool:
        answers.append(report(strict, player, callid=f"s{len(answers)}"))
        return answers[-1].status_code == 429

    wait_until(is_refused, pause_seconds=0)
    assert {answer.status_code for answer in answers[:-1]} == {200}
    refused = answers[-1]
    assert (refused.headers["retry-after"], refused.headers["content-type"]) == ("1", "text/plain;charset=UTF-8")
    database.close()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAMES = st.sampled_from([item.name for item in INBOUND_CALL if item.name != "apikey"])


@settings(max_examples=examples(80), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stated=st.dictionaries(NAMES, TEXTS | st.integers().map(str), max_size=8))
def test_whatever_is_stated_is_answered(server: ServerProcess, owner: Player, stated: dict[str, str]) -> None:
    answer = report(server, owner, **stated)
    assert answer.status_code in (200, 400), answer.text


class TestNode:
    """There is one node; it is told without a token."""

    @pytest.mark.parametrize("slash", ["", "/"])
    def test_it_is_stated(self, server: ServerProcess, owner: Player, slash: str) -> None:
        answer = server.http.get(f"{REST}/{owner.site.id}/getnodeid{slash}")
        assert (answer.status_code, answer.json()) == (200, {"nodeId": 1})
        assert answer.headers["content-type"] == "application/json;charset=UTF-8"

    def test_a_site_that_is_not_there_is_404(self, server: ServerProcess) -> None:
        refused = server.http.get(f"{REST}/999999999/getnodeid/")
        assert (refused.status_code, refused.json()["errorCode"]) == (404, "10051")

    @on_one_engine
    def test_it_counts_as_any_request(self, start_server: Callable[..., ServerProcess]) -> None:
        server = start_server(rate_per_second=1)
        wait_until(lambda: server.http.get(f"{REST}/1/getnodeid").status_code == 429, pause_seconds=0)


@pytest.fixture(autouse=True, scope="module")
def _no_failure_in_the_log(server: ServerProcess) -> Iterator[None]:
    """Look at the log when all is done: nothing may have broken behind an answer."""
    yield
    assert "request_broke" not in server.logged
