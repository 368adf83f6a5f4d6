"""The Python client against a real server, each scenario by both clients."""

import asyncio
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cast import Player, Stage, moscow
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import Circumstances
from dealtrace_client import (
    AnswerUnreadable,
    AsyncClient,
    Client,
    Deleted,
    FieldsFaulty,
    NotFound,
    NumberTaken,
    OrderChange,
    PointsSpent,
    Retries,
    ServerFailed,
    Source,
    TokenRejected,
    Unreachable,
    calls,
    change_orders,
    deals,
    delete,
    lead_requests,
    register,
    update,
    visit,
)
from dealtrace_client.rate_limit import RateLimit
from engines import on_one_engine
from server import ServerProcess
from stored import deal_of, rows_of
from waiting import wait_until

MADE_AT = moscow("2018-03-26", "10:00:00")
DAY = date(2018, 3, 26)
QUICK = Retries(tries_max=3, first_pause_seconds=0.01, longest_pause_seconds=0.05)
ANSWER = (
    b'{"orderId": 7, "callId": null, "dateCreated": 1522047600000, "status": "new", "sum": "1", "currentAmount": 1,'
    b' "orderNumber": "n"}'
)


class Both:
    """Either client, asked in the same words."""

    def __init__(self, kind: str, address: str, token: str, **more: Any) -> None:
        self._make: Callable[[], Any] = lambda: (Client if kind == "waits" else AsyncClient)(address, token, **more)
        self._waits = kind == "waits"

    def send(self, call: Any) -> Any:
        if self._waits:
            with self._make() as client:
                return client.send(call)
        return asyncio.run(self._awaited(call))

    def each(self, journal: Any) -> list[Any]:
        if self._waits:
            with self._make() as client:
                return list(client.each(journal))
        return asyncio.run(self._listed(journal))

    async def _awaited(self, call: Any) -> Any:
        async with self._make() as client:
            return await client.send(call)

    async def _listed(self, journal: Any) -> list[Any]:
        async with self._make() as client:
            return [item async for item in client.each(journal)]


@pytest.fixture(params=["waits", "awaits"])
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def client(kind: str, server: ServerProcess, owner: Player) -> Both:
    return Both(kind, server.url, owner.token, rate_per_second=None)


def plain(**more: Any) -> Any:
    return register(**{"amount_rub": 1000, "status": "new", "happened_at": MADE_AT, "service": "tests", **more})


def test_a_deal_is_registered_with_all_that_is_said(kind: str, server: ServerProcess, served: Stage) -> None:
    player = served.open_site(contact_matching=True, fields=["margin"])
    call = served.call(player, MADE_AT - timedelta(minutes=5), phone="79205557001")
    client = Both(kind, server.url, player.token)
    result = client.send(
        plain(
            amount_rub=Decimal("1000.50"), number="К/1 {2}", phone="8 920 555-70-01", link_threshold_seconds=600,
            comment="слова & знаки", manager="Коля", tags=["опт", "срочно"], custom={"margin": "15"}, only="calls",
            source=Source("avito", "cpa", "c", "o", "t"),
        )
    )  # fmt: skip
    assert (result.number, result.status, result.amount_rub) == ("К/1 {2}", "new", Decimal("1000.50"))
    assert (result.happened_at, result.call_id) == (MADE_AT, call.id)
    deal = deal_of(served.database, player, result.deal_id)
    assert (deal.comment, deal.manager, deal.tags) == ("слова & знаки", "Коля", ("опт", "срочно"))
    assert (deal.custom_values, deal.stated_source is not None) == ({"margin": "15"}, True)


def test_a_deal_without_a_number_gets_one_and_is_safe_to_repeat(client: Both) -> None:
    call = plain()
    first, again, other = client.send(call), client.send(call), client.send(plain())
    assert first == again
    assert first.number != other.number


def test_the_clock_is_the_sites(kind: str, server: ServerProcess, served: Stage) -> None:
    zone = ZoneInfo("Asia/Vladivostok")
    player = served.open_site(time_zone=zone)
    client = Both(kind, server.url, player.token)
    at = datetime(2018, 3, 25, 22, 30, tzinfo=UTC)
    assert client.send(plain(happened_at=at, zone=zone)).happened_at == at
    (deal,) = client.each(deals(player.site.id, DAY, DAY, zone=zone))
    assert deal.happened_at == at


def test_a_change_tells_what_stays_from_what_is_erased(client: Both, owner: Player, served: Stage) -> None:
    deal_id = client.send(plain(comment="first", manager="Коля", tags=["a"])).deal_id
    result = client.send(update(deal_id=deal_id, status="won", comment=None, tags=["b", "c"], amount_rub=None))
    assert (result.deal_id, result.status, result.comment, result.amount_rub) == (deal_id, "won", "", None)
    assert (result.person, result.session, result.call_id) == (None, None, None)
    deal = deal_of(served.database, owner, deal_id)
    assert (deal.manager, deal.tags, deal.comment, deal.service) == ("Коля", ("b", "c"), "", "tests")
    client.send(update(number=result.number, tags=None, amount_rub="7,5", service=""))
    deal = deal_of(served.database, owner, deal_id)
    assert (deal.tags, deal.amount_rub, deal.service) == ((), Decimal("7.5"), "")


def test_the_person_behind_a_lead_is_stated(client: Both, owner: Player, served: Stage) -> None:
    visit = served.visit(owner, MADE_AT - timedelta(hours=1), Source("ya", "cpc"), visitor="9")  # type: ignore[arg-type]
    lead_request = served.lead_request(
        owner, MADE_AT, phone="79205557002", email="i@x.ru", client_name="Иван", visit_id=visit.id
    )
    deal_id = client.send(plain(lead_request_id=lead_request.id)).deal_id
    result = client.send(update(deal_id=deal_id, status="won"))
    assert result.person is not None
    assert (result.person.name, result.person.phones, result.person.emails) == ("Иван", ("79205557002",), ("i@x.ru",))
    assert result.session is not None
    assert result.session["sessionId"] == visit.id


def test_a_deal_is_deleted_once(client: Both) -> None:
    result = client.send(plain())
    assert client.send(delete(deal_id=result.deal_id)) == Deleted(result.deal_id, result.number)
    with pytest.raises(NotFound):
        client.send(delete(deal_id=result.deal_id))


def test_a_journal_is_read_to_its_end(kind: str, server: ServerProcess, served: Stage, monkeypatch: Any) -> None:
    monkeypatch.setattr("dealtrace_client.methods.PAGE_SIZE", 2)
    player = served.open_site()
    client = Both(kind, server.url, player.token, rate_per_second=None)
    made = [client.send(plain(happened_at=MADE_AT + timedelta(seconds=n), tags=[f"t{n}"])) for n in range(5)]
    result = client.each(deals(player.site.id, DAY, DAY))
    assert [(item.deal_id, item.tags) for item in result] == [(item.deal_id, (f"t{n}",)) for n, item in enumerate(made)]
    assert result[0].amount_rub == 1000
    assert client.each(deals(player.site.id, date(2017, 1, 1), date(2017, 1, 2))) == []


def test_the_journal_of_calls_is_read_to_its_end(
    kind: str, server: ServerProcess, served: Stage, monkeypatch: Any
) -> None:
    monkeypatch.setattr("dealtrace_client.methods.PAGE_SIZE", 2)
    player = served.open_site(fields=["margin"])
    seen = served.visit(
        player, MADE_AT - timedelta(hours=1), TrafficSource("ya", "cpc", term="окна"), landing_url="https://s.example/"
    )
    said = Annotations(manager="Коля", comment="a\nb", tags=("vip",), custom_values={"margin": "10"})
    result = Circumstances(waiting=timedelta(seconds=3), dialled_phone="74950000000", is_successful=True)
    for n in range(5):
        call = served.call(
            player, MADE_AT + timedelta(minutes=n), phone="79205557001", seconds=60, reference=f"r{n}",
            visit_id=seen.id, annotations=said, circumstances=result,
        )  # fmt: skip
    client = Both(kind, server.url, player.token, rate_per_second=None)
    deal = client.send(plain(call_id=call.id))
    found = client.each(calls(player.site.id, DAY, DAY))
    assert [item.reference for item in found] == ["r0", "r1", "r2", "r3", "r4"]
    last = found[-1]
    assert (last.call_id, last.started_at, last.duration) == (call.id, call.started_at, timedelta(minutes=1))
    assert (last.phone, last.dialled_phone, last.answering_phone) == ("79205557001", "74950000000", None)
    assert (last.waiting, last.is_successful, last.is_unique, last.is_target) == (
        timedelta(seconds=3),
        True,
        False,
        True,
    )
    assert (last.manager, last.comment, last.tags, last.custom) == ("Коля", "a\nb", ("vip",), {"margin": "10"})
    assert (last.origin.source, last.origin.medium, last.origin.keyword) == ("ya", "cpc", "окна")
    assert (last.origin.visit_id, last.origin.landing_url, last.origin.city) == (seen.id, "https://s.example/", None)
    assert [item.deal_ids for item in found] == [(), (), (), (), (deal.deal_id,)]
    assert client.each(calls(player.site.id, date(2017, 1, 1), date(2017, 1, 2))) == []


@pytest.mark.parametrize("count", [0, 1, 4, 5])
def test_the_journal_of_lead_requests_is_read_to_its_end(
    kind: str, server: ServerProcess, served: Stage, monkeypatch: Any, count: int
) -> None:
    monkeypatch.setattr("dealtrace_client.methods.PAGE_SIZE", 2)
    player = served.open_site()
    for n in range(count):
        served.lead_request(
            player, MADE_AT + timedelta(minutes=n), number=f"n{n}", phone="79205557001", email="i@x.ru",
            form_name="Корзина", annotations=Annotations(tags=("vip",)),
        )  # fmt: skip
    client = Both(kind, server.url, player.token, rate_per_second=None)
    found = client.each(lead_requests(DAY, DAY))
    assert [item.number for item in found] == [f"n{n}" for n in range(count)]
    for item in found[:1]:
        assert (item.requested_at, item.form_name, item.tags) == (MADE_AT, "Корзина", ("vip",))
        assert (item.person.name, item.person.phones, item.person.emails) == (None, ("79205557001",), ("i@x.ru",))
        assert (item.is_unique, item.is_target, item.is_unique_target) == (True, True, True)
        assert (item.origin, item.deal_ids, item.comment) == (None, (), None)


def test_the_model_of_a_journal_may_be_chosen(kind: str, server: ServerProcess, served: Stage) -> None:
    player = served.open_site()
    served.visit(player, MADE_AT - timedelta(hours=2), TrafficSource("ya", "cpc"))
    direct = served.visit(player, MADE_AT - timedelta(hours=1), TrafficSource("(direct)", "(none)"))
    served.call(player, MADE_AT, visit_id=direct.id)
    served.lead_request(player, MADE_AT, phone="79205557001", visit_id=direct.id)
    client = Both(kind, server.url, player.token, rate_per_second=None)
    for model, source in ((None, "ya"), (0, "(direct)"), (1, "ya")):
        (call,) = client.each(calls(player.site.id, DAY, DAY, attribution=model))
        (sent,) = client.each(lead_requests(DAY, DAY, attribution=model))
        assert (call.origin.source, sent.origin.source) == (source, source)
    with pytest.raises(FieldsFaulty) as faulty:
        client.each(calls(player.site.id, DAY, DAY, attribution=99))
    assert [violation.field for violation in faulty.value.violations] == ["attribution"]
    with pytest.raises(FieldsFaulty):
        client.each(lead_requests(DAY, date(2018, 3, 25)))


def test_a_refusal_names_what_is_wrong(client: Both, kind: str, server: ServerProcess, owner: Player) -> None:
    with pytest.raises(FieldsFaulty) as faulty:
        client.send(plain(amount_rub="many", status=""))
    assert [violation.field for violation in faulty.value.violations] == ["orderSum", "orderStatus"]
    assert (faulty.value.status, faulty.value.code) == (400, "10007")
    client.send(plain(number="taken"))
    with pytest.raises(NumberTaken, match="orderId"):
        client.send(plain(number="taken", status="other"))
    with pytest.raises(NotFound):
        client.send(update(number="nobody", status="won"))
    with pytest.raises(TokenRejected):
        Both(kind, server.url, "wrong").send(plain())
    with pytest.raises(TokenRejected):
        client.each(deals(owner.site.id + 1, DAY, DAY))


def test_spent_points_are_stated_at_once(kind: str, server: ServerProcess, served: Stage) -> None:
    player = served.open_site(points_per_day=1)
    client = Both(kind, server.url, player.token)
    client.send(plain())
    refused = '"code":10031'
    before = server.logged.count(refused)
    with pytest.raises(PointsSpent):
        client.send(plain())
    wait_until(lambda: server.logged.count(refused) > before)
    assert server.logged.count(refused) == before + 1, "it was not tried again"


def test_words_that_make_no_call_are_refused_before_anything_is_sent() -> None:
    with pytest.raises(ValueError, match="identify the deal"):
        update(status="won")
    with pytest.raises(ValueError, match="must have a time zone"):
        plain(happened_at=datetime(2018, 3, 26))  # noqa: DTZ001 - that is the mistake


def first_token(server: ServerProcess) -> str:
    made = server.command("site", "create", "Shop", "--json")
    token: str = json.loads(made.stdout)["clientApiId"]
    return token


@on_one_engine
def test_it_keeps_under_the_rate_of_the_server(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server(rate_per_second=6)  # one more than is sent: a request may be under way for longer than others
    with Client(server.url, first_token(server), retries=Retries(tries_max=1)) as client:
        for _ in range(12):
            client.send(plain())


def away_for_a_second(kind: str, server: ServerProcess) -> tuple[Both, Callable[[Any], Any]]:
    """End a server; return a patient client, and a function that sends a call by it while the server comes back."""
    patient = Retries(tries_max=200, first_pause_seconds=0.1, longest_pause_seconds=0.5)
    client = Both(kind, server.url, first_token(server), retries=patient)
    server.kill()

    def send(call: Any) -> Any:
        comes_back = threading.Timer(1.0, server.start)
        comes_back.start()
        try:
            return client.send(call)
        finally:
            comes_back.join()

    return client, send


def test_a_server_that_comes_back_is_found_again_and_keeps_one_deal(
    kind: str, start_server: Callable[..., ServerProcess]
) -> None:
    client, send_meanwhile = away_for_a_second(kind, start_server())
    result = send_meanwhile(plain(number="once"))
    assert client.send(plain(number="once")) == result


class Strange:
    """A server that answers as it is told, one answer after another; the last again and again."""

    def __init__(self, *answers: tuple[int, bytes, dict[str, str]] | None) -> None:
        waiting = list(answers)
        self.asked: list[str] = []
        sent = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                sent.append(self.path)
                answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
                if answer is None:
                    self.connection.close()
                    return
                status, body, headers = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815 - the server's name

            def log_message(self, *_words: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def strange() -> Iterator[Callable[..., Strange]]:
    started: list[Strange] = []

    def start(*answers: Any) -> Strange:
        started.append(Strange(*answers))
        return started[-1]

    yield start
    for item in started:
        item.close()


def error(code: int) -> bytes:
    said = {"message": "no", "apiErrorData": {"errorCode": code, "errorMessage": "no"}}
    return json.dumps({"errorCode": str(code), "message": "no", "data": said}).encode()


@pytest.mark.parametrize(
    "first",
    [
        (503, error(10032), {"Retry-After": "0"}),
        (503, b"<html>", {}),
        (502, b"", {}),
        (503, b'{"message": "no upstream"}', {}),
        (504, b"[]", {}),
        (500, error(500), {}),
        (429, error(10030), {"Retry-After": "0"}),
        (429, error(10030), {"Retry-After": "\u00b2"}),
        None,
    ],
)
def test_what_may_pass_is_tried_again_with_the_same_number(
    kind: str, strange: Callable[..., Strange], first: Any
) -> None:
    server = strange(first, (200, ANSWER, {}))
    assert Both(kind, server.url, "t", retries=QUICK).send(plain()).deal_id == 7
    assert len(server.asked) == 2
    assert server.asked[0] == server.asked[1]


@pytest.mark.parametrize(
    ("answer", "fault", "tries"),
    [
        ((500, error(500), {}), ServerFailed, 3),
        (None, Unreachable, 3),
        ((429, error(10031), {"Retry-After": "9999"}), PointsSpent, 1),
        ((400, error(10007), {}), FieldsFaulty, 1),
        ((200, b"<html>", {}), AnswerUnreadable, 1),
        ((200, b"{}", {}), AnswerUnreadable, 1),
        ((200, b"[1]", {}), AnswerUnreadable, 1),
        ((404, b"not here", {}), AnswerUnreadable, 1),
        ((404, b"{}", {}), AnswerUnreadable, 1),
        ((302, b"", {"Location": "http://127.0.0.1:9/"}), AnswerUnreadable, 1),
    ],
)
def test_what_does_not_pass_is_stated(
    kind: str, strange: Callable[..., Strange], answer: Any, fault: type[Exception], tries: int
) -> None:
    server = strange(answer)
    with pytest.raises(fault):
        Both(kind, server.url, "t", retries=QUICK).send(plain())
    assert len(server.asked) == tries


COMMENTED = change_orders([OrderChange("A-1", status="won", comment="called back")])
COMMENTED_BY_JSON = change_orders([OrderChange("A-1", more={"comment": "called back"})])
PAGE_VIEW = visit(1, "https://shop.example/")
OUTCOMES = json.dumps({"data": {"orders": []}}).encode()


@pytest.mark.parametrize("call", [COMMENTED, COMMENTED_BY_JSON, PAGE_VIEW])
@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (None, Unreachable),
        ((500, error(500), {}), ServerFailed),
        ((502, b"", {}), ServerFailed),
        ((503, error(10033), {"Retry-After": "0"}), ServerFailed),
    ],
)
def test_a_call_that_adds_something_is_not_repeated_if_it_may_have_been_stored(
    kind: str, strange: Callable[..., Strange], call: Any, answer: Any, fault: type[Exception]
) -> None:
    server = strange(answer)
    with pytest.raises(fault):
        Both(kind, server.url, "t", retries=QUICK).send(call)
    assert len(server.asked) == 1


@pytest.mark.parametrize("code", [(503, 10032), (429, 10030)])
def test_a_call_that_adds_something_is_repeated_if_nothing_was_stored(
    kind: str, strange: Callable[..., Strange], code: tuple[int, int]
) -> None:
    server = strange((code[0], error(code[1]), {"Retry-After": "0"}), (200, OUTCOMES, {}))
    assert Both(kind, server.url, "t", retries=QUICK).send(COMMENTED) == ()
    assert len(server.asked) == 2


def test_a_call_that_adds_something_waits_for_a_server_that_is_not_there(
    kind: str, start_server: Callable[..., ServerProcess]
) -> None:
    _, send_meanwhile = away_for_a_second(kind, start_server())
    (outcome,) = send_meanwhile(COMMENTED)
    assert outcome.error_code == 10041


def test_a_change_without_a_comment_is_repeated(kind: str, strange: Callable[..., Strange]) -> None:
    for change in (OrderChange("A-1", status="won"), OrderChange("A-1", comment="")):
        server = strange(None, (200, OUTCOMES, {}))
        assert Both(kind, server.url, "t", retries=QUICK).send(change_orders([change])) == ()
        assert len(server.asked) == 2


def test_a_deletion_whose_answer_was_lost_counts_as_done(kind: str, strange: Callable[..., Strange]) -> None:
    server = strange(None, (400, error(10041), {}))
    assert Both(kind, server.url, "t", retries=QUICK).send(delete(number="n")) == Deleted(None, "n")
    server = strange((400, error(10041), {}))
    with pytest.raises(NotFound):
        Both(kind, server.url, "t", retries=QUICK).send(delete(number="n"))


def test_the_pace_lets_so_many_through_in_any_second() -> None:
    now = 100.0
    limit = RateLimit(2, clock=lambda: now)
    assert [limit.delay_seconds() for _ in range(5)] == [0, 0, *(pytest.approx(item) for item in (1.1, 1.1, 2.2))]
    now = 103.5
    assert limit.delay_seconds() == 0
    assert RateLimit(None).delay_seconds() == 0


def test_it_brings_no_server_along(tmp_path: Path) -> None:
    seen = subprocess.run(
        [sys.executable, "-c", "import sys, dealtrace_client; print('sqlalchemy' in sys.modules)"],
        check=True, capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert seen.stdout == "False\n"


EXAMPLE = """
from datetime import UTC, datetime
from dealtrace_client import AsyncClient, Client, Registered, deals, register
call = register(amount_rub=1, status="new", happened_at=datetime.now(UTC), service="x")
with Client("http://x", "t") as client:
    told: Registered = client.send(call)
    reveal_type(client.send(call))
    for one in client.each(deals(1, datetime.now(UTC).date(), datetime.now(UTC).date())):
        reveal_type(one)
        reveal_type(one.visit)
async def main() -> None:
    async with AsyncClient("http://x", "t") as client:
        reveal_type(await client.send(call))
        async for one in client.each(deals(1, datetime.now(UTC).date(), datetime.now(UTC).date())):
            reveal_type(one)
"""


def test_the_examples_of_the_document_run(server: ServerProcess, served: Stage) -> None:
    player = served.open_site()
    text = (Path(__file__).parents[2] / "docs" / "client.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) >= 3
    for block in blocks:
        program = block.replace("https://deals.example.com", server.url).replace('"TOKEN"', repr(player.token))
        exec(compile(program.replace("SITE_ID", str(player.site.id)), "docs/client.md", "exec"), {})  # noqa: S102
    assert "P2026001" in [row[2] for row in rows_of(served.database, player)["deal"]]


def test_a_program_that_uses_it_is_checked(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(EXAMPLE)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(tmp_path / "program.py")],
        check=False, capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("records.Registered") == 2
    assert checked.stdout.count("records.JournalDeal") == 2
    assert checked.stdout.count("records.Origin | None") == 1


def test_what_is_kept_is_one_deal_for_one_number(client: Both, owner: Player, served: Stage) -> None:
    client.send(plain(number="one-number"))
    client.send(plain(number="one-number"))
    numbers = [row[2] for row in rows_of(served.database, owner)["deal"]]
    assert numbers.count("one-number") == 1


@pytest.mark.parametrize("make", [Client, AsyncClient])
@pytest.mark.parametrize(
    "address",
    ["localhost:8000", "deals.example.com", "deals.example.com:443", "", " ", "//host", "ftp://host", "http://",
     "http:/x", "https:host", "http://host:port", "127.0.0.1:8000", "http://host:99999", "http://host:0",
     "http://two hosts", "http://host?a=1", "http://host#a"],
)  # fmt: skip
def test_an_address_that_is_no_url_is_refused_at_once(make: Any, address: str) -> None:
    with pytest.raises(ValueError, match="address: a URL such as https"):
        make(address, "token")


def test_a_deal_of_the_journal_has_a_typed_origin(
    kind: str, server: ServerProcess, served: Stage, owner: Player
) -> None:
    seen = served.visit(owner, MADE_AT - timedelta(minutes=5), TrafficSource("yandex", "cpc", "весна"))
    call = served.call(owner, MADE_AT, visit_id=seen.id)
    client = Both(kind, server.url, owner.token, rate_per_second=None)
    with_visit, without = client.send(plain(call_id=call.id)), client.send(plain())
    found = {deal.deal_id: deal.visit for deal in client.each(deals(owner.site.id, DAY, DAY))}
    origin = found[with_visit.deal_id]
    assert origin is not None
    assert (origin.visit_id, origin.source, origin.medium, origin.keyword) == (seen.id, "yandex", "cpc", None)
    assert found[without.deal_id] is None
