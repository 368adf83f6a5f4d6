"""The gate: who is admitted, in which order this is checked, and what it costs."""

import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from sqlalchemy import text

from cast import MOSCOW, Player, Stage
from dealtrace.accounts.site_days import site_day
from dealtrace.http.body import BODY_PAUSE_SECONDS_MAX, BODY_SECONDS_MAX
from dealtrace.quota.busiest_second import BusiestSecond
from dealtrace.storage.accounts.busiest_second import find_busiest_second
from dealtrace.storage.database.engine import Database, open_database
from engines import on_one_engine
from postgresql import PostgresqlServer
from redis_server import RedisServer
from server import DELETE, REGISTER, UPDATE, ServerProcess, deal_parameters, http_client
from waiting import wait_out, wait_until, wait_until_followed

T = TypeVar("T")
StartServer = Callable[..., ServerProcess]
BURST = 11
"""Vendor: «если в 1 секунду с одного IP-адреса поступит 11 API-запросов»."""


def opened_site(server: ServerProcess, **settings: object) -> Player:
    """Open a site in a running server's database."""
    database = open_database(server.database_url)
    player = Stage(database).open_site(**settings)
    database.close()
    return player


def burst(server: ServerProcess, query: str, *, count: int = BURST, headers: str = "") -> list[bytes]:
    """Send requests at the same moment, each on a connection that stood ready."""
    request = f"GET {REGISTER}?{query} HTTP/1.1\r\nHost: x\r\n{headers}Connection: close\r\n\r\n".encode()
    connections = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(count)]
    for connection in connections:
        connection.sendall(request)
    answers = []
    for connection in connections:
        with connection:
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
            answers.append(answer)
    return answers


def query_of(token: str, **more: object) -> str:
    """Write the parameters of a registration as a query."""
    return str(httpx.QueryParams({**deal_parameters(token), **more}))


def statuses(answers: list[bytes]) -> Counter[int]:
    """Count answers by their status."""
    return Counter(int(answer.split()[1]) for answer in answers)


def processes_of(answers: list[bytes]) -> Counter[bytes]:
    """Count answers by the process that they are from."""
    ids = [re.search(rb"x-request-id: ([^-\r]+)-", answer) for answer in answers]
    return Counter(found[1] for found in ids if found is not None)


def within_a_second(story: Callable[[], T]) -> T:
    """Return what a story came to in less than a second; one that took longer is told again, a second later."""
    deadline = time.monotonic() + 60
    while True:
        started = time.monotonic()
        result = story()
        if time.monotonic() - started < 1:
            return result
        assert time.monotonic() < deadline, "this machine is too slow"
        wait_out(1)


def busiest_second(server: ServerProcess, player: Player) -> BusiestSecond | None:
    """Return the busiest second of a site's day, today or, around midnight, yesterday."""
    database, now = open_database(server.database_url), datetime.now(UTC)
    try:
        with database.read() as connection:
            days = (site_day(now - apart, player.site.time_zone) for apart in (timedelta(), timedelta(minutes=5)))
            found = (find_busiest_second(connection, player.site.id, day_on) for day_on in days)
            return next((second for second in found if second is not None), None)
    finally:
        database.close()


def requests_of_processes(server: ServerProcess, count: int) -> tuple[Player, list[int]]:
    """Let both processes be asked for a new site within a second; return it, and how often each process was asked."""
    deadline = time.monotonic() + 60
    while True:
        player = opened_site(server)
        started = time.monotonic()
        answers = burst(server, query_of(player.token), count=count)
        took = time.monotonic() - started
        assert statuses(answers) == {200: count}
        wait_out(1)  # so that the next requests are alone in their second
        of_processes = processes_of(answers)
        if took < 1 and len(of_processes) == 2:
            return player, list(of_processes.values())
        assert time.monotonic() < deadline, "this machine is too slow"


class TestRate:
    """Five requests a second from one address, before anything else is looked at."""

    @on_one_engine
    def test_of_eleven_at_once_five_run_and_six_are_refused(self, start_server: StartServer) -> None:
        server = start_server(rate_per_second=5)
        player = opened_site(server)
        answers = within_a_second(lambda: burst(server, query_of(player.token)))
        assert statuses(answers) == {200: 5, 429: 6}
        refused = next(answer for answer in answers if answer.startswith(b"HTTP/1.1 429"))
        assert b"retry-after: 1\r\n" in refused
        assert b'"errorCode":"10030"' in refused
        wait_out(int(re.search(rb"retry-after: (\d+)", refused)[1]))  # type: ignore[index]
        assert statuses(within_a_second(lambda: burst(server, query_of(player.token)))) == {200: 5, 429: 6}

    @on_one_engine
    def test_the_busiest_second_of_a_site_is_remembered(self, start_server: StartServer) -> None:
        server = start_server(rate_per_second=5)
        player, neighbour = opened_site(server), opened_site(server)
        before = datetime.now(UTC)
        within_a_second(lambda: burst(server, query_of(player.token)))
        within_a_second(lambda: burst(server, query_of("nobody's token")))
        wait_until(lambda: (found := busiest_second(server, player)) is not None and found.counted == 5)
        found = busiest_second(server, player)
        assert found is not None
        assert (found.counted, found.allowed) == (5, 5), "refused requests are not counted"
        assert before <= found.ended_at <= datetime.now(UTC)
        assert busiest_second(server, neighbour) is None

    @pytest.mark.few(1)
    @pytest.mark.parametrize("is_shared", [False, True])
    def test_of_two_processes_the_busiest_second_is_the_one_that_the_limit_sees(
        self, postgresql_server: PostgresqlServer, redis: RedisServer, tmp_path: Path, is_shared: bool
    ) -> None:
        url = postgresql_server.create(f"busiest_second_{is_shared}".lower(), "dealtrace_template")
        redis_url = redis.url if is_shared else ""
        with closing(ServerProcess(url, tmp_path, workers=2, rate_per_second=100, redis_url=redis_url)) as server:
            player, answered = requests_of_processes(server, 20)
            requests = sum(answered) if is_shared else max(answered)
            wait_until(lambda: (found := busiest_second(server, player)) is not None and found.counted == requests)
            for each in (1, 2):  # seconds that are less busy change nothing, in either process
                burst(server, query_of(player.token), count=each)
            assert server.stop() == 0
            found = busiest_second(server, player)
            assert found is not None
            assert (found.counted, found.allowed) == (requests, 100)

    @on_one_engine
    def test_it_stands_before_the_token_and_the_method(self, start_server: StartServer) -> None:
        server = start_server(rate_per_second=5)
        seen, other = within_a_second(
            lambda: (burst(server, query_of("nobody's token")), server.http.post(UPDATE).status_code)
        )
        assert (statuses(seen), other) == ({403: 5, 429: 6}, 429)

    @on_one_engine
    def test_a_trusted_proxy_speaks_for_many_addresses(self, start_server: StartServer) -> None:
        server = start_server(rate_per_second=5, trusted_proxies="127.0.0.0/8,10.0.0.0/8")
        query = query_of("nobody's token")

        def burst_of(address: str) -> Counter[int]:
            return statuses(burst(server, query, headers=f"X-Forwarded-For: 198.51.100.1, {address}, 10.0.0.2\r\n"))

        for address in ("203.0.113.7", "203.0.113.8"):
            assert within_a_second(partial(burst_of, address)) == {403: 5, 429: 6}
        own, neighbours = within_a_second(lambda: (burst_of("2001:db8::1"), burst_of("2001:db8::2")))
        assert (own, neighbours) == ({403: 5, 429: 6}, {429: BURST}), "the same /64"

    @on_one_engine
    def test_nobody_else_may_speak_for_another_and_it_is_stated_once(self, start_server: StartServer) -> None:
        server = start_server(rate_per_second=5)
        query = query_of("nobody's token")
        first, second = within_a_second(
            lambda: [burst(server, query, headers=f"X-Forwarded-For: 203.0.113.{host}\r\n") for host in (7, 8)]
        )
        assert (statuses(first)[429], statuses(second)[429]) == (6, BURST)
        assert server.logged.count("proxy_not_trusted") == 1

    def test_processes_share_it_by_redis_and_outlive_its_end(
        self, postgresql_server: PostgresqlServer, redis: RedisServer, tmp_path: Path
    ) -> None:
        url = postgresql_server.create("shared_rate", "dealtrace_template")
        with closing(ServerProcess(url, tmp_path, workers=2, rate_per_second=5, redis_url=redis.url)) as server:
            query = query_of("nobody's token")
            assert statuses(within_a_second(lambda: burst(server, query))) == {403: 5, 429: 6}
            assert "counts requests on its own" not in server.printed
            redis.stop()
            began, bursts, asked = time.monotonic(), 0, Counter[bytes]()
            while bursts < 20 or len(asked) < 2:
                answers = burst(server, query)
                assert statuses(answers) == {403: BURST}, "better too many answers than none"
                bursts += 1
                asked += processes_of(answers)
            lines_max = 2 * (1 + (time.monotonic() - began) // 60)
            noted = server.logged.count('"rate_limit_unavailable"')
            assert 1 <= noted <= lines_max, "once a process, then once a minute"
            assert f'"redis":"127.0.0.1:{redis.port}"' in server.logged
            assert "until Redis answers, no limit on requests is applied" in server.logged
            redis.start()
            wait_until(lambda: statuses(burst(server, query)).get(429))
            wait_until(lambda: burst(server, query) and server.logged.count('"rate_limit_back"') >= 2)

    @on_one_engine
    def test_health_and_pages_are_not_counted(self, start_server: StartServer) -> None:
        server = start_server(rate_per_second=5)
        assert {server.http.get("/healthz").status_code for _ in range(20)} == {200}


class TestToken:
    """A token opens exactly one site."""

    @pytest.mark.parametrize("token", [None, "", "wrong", "a" * 500, "'; DROP TABLE token; --", "\U0001f600"])
    def test_without_a_live_one_it_is_403(self, server: ServerProcess, token: str | None) -> None:
        sent = {**deal_parameters("")}
        sent.pop("clientApiId")
        refused = server.http.get(REGISTER, params={**sent, **({} if token is None else {"clientApiId": token})})
        assert (refused.status_code, refused.json()["errorCode"]) == (403, "10020")

    def test_it_is_asked_before_the_parameters(self, server: ServerProcess) -> None:
        assert server.http.get(REGISTER, params={"clientApiId": "wrong", "orderSum": "?"}).status_code == 403

    def test_a_plus_that_was_not_encoded_still_opens(self, server: ServerProcess, served: Stage) -> None:
        player = served.open_site()
        made = server.command("token", "create", str(player.site.id), "--token", "a/b+c=d0123456789+x", "--json")
        assert made.returncode == 0, made.stderr
        request = f"GET {UPDATE}?clientApiId=a/b+c=d0123456789+x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert b'"errorCode":"10040"' in server.raw(request.encode())

    def test_a_revoked_one_is_soon_refused(self, server: ServerProcess, served: Stage) -> None:
        player = served.open_site()
        assert server.update(player.token).status_code == 400
        assert server.command("token", "revoke", str(player.token_id)).returncode == 0
        wait_until(lambda: server.update(player.token).status_code == 403)

    def test_it_does_not_open_another_site(self, server: ServerProcess, owner: Player, stranger: Player) -> None:
        for site_id in (stranger.site.id, "abc", "0", f"0{owner.site.id}"):
            refused = server.journal(owner.token, site_id)
            assert (refused.status_code, refused.json()["errorCode"]) == (403, "10021")


class TestMethod:
    """GET and POST register, GET does the rest; a GET here writes, so HEAD is not its shadow."""

    @pytest.mark.parametrize(("path", "allowed"), [(REGISTER, ("GET", "POST")), (UPDATE, ("GET",)), (DELETE, ("GET",))])
    @pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_others_are_405(self, server: ServerProcess, path: str, allowed: tuple[str, ...], method: str) -> None:
        refused = server.http.request(method, path)
        if method in allowed:
            assert refused.status_code == 403
            return
        assert (refused.status_code, refused.headers["allow"]) == (405, ", ".join(allowed))
        if method != "HEAD":
            assert refused.json()["errorCode"] == "10011"


class TestPoints:
    """Every successful call costs points; nothing else does."""

    def test_only_success_costs(self, server: ServerProcess, served: Stage) -> None:
        player = served.open_site(points_per_day=4)
        assert server.register(player.token, orderNumber="n").status_code == 200
        assert server.register(player.token, orderNumber="n").status_code == 200, "a safe retry"
        for refused in (
            server.register(player.token, orderNumber="n", orderSum="2"),
            server.register(player.token, orderSum="?"),
            server.update(player.token),
            server.delete(player.token, orderNumber="nobody's"),
            server.journal(player.token, player.site.id, dateFrom="?"),
        ):
            assert refused.status_code == 400
        assert server.update(player.token, orderNumber="n", status="won").status_code == 200
        assert server.journal(player.token, player.site.id).status_code == 200
        assert server.delete(player.token, orderNumber="n").status_code == 200
        refused = server.register(player.token, orderNumber="another")
        assert (refused.status_code, refused.json()["errorCode"]) == (429, "10031")

    def test_without_points_nothing_is_stored_and_a_retry_still_answers(
        self, server: ServerProcess, served: Stage
    ) -> None:
        player = served.open_site(points_per_day=1)
        first = server.register(player.token, orderNumber="n")
        for refused in (
            server.update(player.token, orderNumber="n", status="won"),
            server.delete(player.token, orderNumber="n"),
            server.register(player.token, orderNumber="m"),
            server.journal(player.token, player.site.id),
        ):
            assert refused.json()["errorCode"] == "10031"
        assert server.register(player.token, orderNumber="n").text == first.text

    def test_they_come_back_at_the_sites_midnight(self, server: ServerProcess, served: Stage) -> None:
        player = served.open_site(points_per_day=1)
        server.register(player.token)
        before = datetime.now(UTC).astimezone(MOSCOW)
        result = int(server.register(player.token).headers["retry-after"])
        after = datetime.now(UTC).astimezone(MOSCOW)
        midnight = datetime.combine(after.date() + timedelta(days=1), datetime.min.time(), MOSCOW)
        assert (midnight - after).total_seconds() - 1 <= result <= (midnight - before).total_seconds() + 1

    def test_they_are_exact_when_many_come_at_once(self, server: ServerProcess, served: Stage) -> None:
        player = served.open_site(points_per_day=7)
        assert statuses(burst(server, query_of(player.token), count=40)) == {200: 7, 429: 33}

    def test_a_method_may_cost_more(self, server: ServerProcess, served: Stage) -> None:
        player = served.open_site(points_per_day=5)
        done = server.command("site", "set", str(player.site.id), "points_cost.register=3")
        assert done.returncode == 0, done.stderr
        wait_until_followed(server)
        assert [server.register(player.token).status_code for _ in range(2)] == [200, 429]


@contextmanager
def writing_blocked(database: Database) -> Iterator[None]:
    """Hold what every write needs, as a long transaction of another program would."""
    with database.writer.connect() as connection, connection.begin() as transaction:
        if not database.is_sqlite:
            connection.execute(text("LOCK TABLE points_day IN ACCESS EXCLUSIVE MODE"))
        yield
        transaction.rollback()


def test_a_full_queue_is_503_and_nothing_of_it_is_stored(start_server: StartServer) -> None:
    server = start_server(scribe_queue_max=3, storage_patience_seconds=3600)
    player = opened_site(server)
    database = open_database(server.database_url)
    answered: list[httpx.Response] = []

    def register() -> None:
        with http_client(server.url, timeout=60) as http:
            answered.append(http.get(REGISTER, params=deal_parameters(player.token)))

    assert server.update(player.token).status_code == 400, "the token is known now"
    with writing_blocked(database):
        callers = [threading.Thread(target=register) for _ in range(30)]
        for caller in callers:
            caller.start()
        wait_until(lambda: len(answered) >= 30 - 2 * (1 + 3))
        assert {answer.status_code for answer in answered} == {503}
    for caller in callers:
        caller.join(timeout=60)
    counted = Counter(answer.status_code for answer in answered)
    assert set(counted) == {200, 503}
    refused = next(answer for answer in answered if answer.status_code == 503)
    assert (refused.json()["errorCode"], refused.headers["retry-after"]) == ("10032", "1")
    assert server.journal(player.token, player.site.id).json()["recordsTotal"] == counted[200]
    database.close()


class TestBody:
    """A body has a limit, an end, and a type."""

    def test_one_that_is_too_large_is_413(self, server: ServerProcess, owner: Player) -> None:
        refused = server.http.post(REGISTER, data={**deal_parameters(owner.token), "orderComment": "x" * 10_000_000})
        assert (refused.status_code, refused.json()["errorCode"]) == (413, "10009")

    def test_its_length_may_have_any_number_of_leading_zeros(self, server: ServerProcess) -> None:
        head = f"POST {REGISTER} HTTP/1.1\r\nHost: x\r\nContent-Length: {'0' * 5000}5\r\nConnection: close\r\n\r\n"
        assert server.raw(head.encode() + b"a=123").startswith(b"HTTP/1.1 403 ")

    def test_one_that_grows_too_large_is_413(self, server: ServerProcess) -> None:
        refused = server.http.post(REGISTER, content=(b"x" * 100_000 for _ in range(30)))
        assert (refused.status_code, refused.json()["errorCode"]) == (413, "10009")

    def test_its_sender_reads_the_refusal_even_if_it_sends_everything_first(
        self, server: ServerProcess, owner: Player
    ) -> None:
        size = 10_000_000
        head = f"POST {REGISTER} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n"
        answer = server.raw(head.encode() + b"x" * size)
        assert answer.startswith(b"HTTP/1.1 413 ")

    def test_one_that_stops_coming_is_not_waited_for(self, server: ServerProcess, owner: Player) -> None:
        head = f"POST {REGISTER}?{query_of(owner.token)} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\norder"
        began = time.monotonic()
        answer = server.raw(head.encode())
        assert BODY_PAUSE_SECONDS_MAX <= time.monotonic() - began < BODY_SECONDS_MAX
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"\r\nconnection: close\r\n" in answer.lower()
        assert b'"errorCode":"10008"' in answer
        assert server.journal(owner.token, owner.site.id).json()["recordsTotal"] == 0

    @pytest.mark.torture
    def test_one_that_comes_byte_by_byte_is_not_waited_for_either(self, server: ServerProcess, owner: Player) -> None:
        head = f"POST {REGISTER}?{query_of(owner.token)} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\norder"
        with socket.create_connection(("127.0.0.1", server.port), timeout=1) as connection:
            connection.sendall(head.encode())
            began, answer = time.monotonic(), b""
            while not answer:
                assert time.monotonic() - began < BODY_SECONDS_MAX + BODY_PAUSE_SECONDS_MAX
                connection.sendall(b"x")
                with suppress(TimeoutError):
                    answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 400 ")

    def test_one_that_breaks_off_registers_nothing(self, server: ServerProcess, owner: Player) -> None:
        head = f"POST {REGISTER}?{query_of(owner.token)} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        unreadable = '"code":10008'
        before = server.logged.count(unreadable)
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
            assert connection.recv(65536).startswith(b"HTTP/1.1 100 "), "it waits for the body now"
            connection.sendall(b"orderNumber=a")
        wait_until(lambda: server.logged.count(unreadable) > before)
        assert server.journal(owner.token, owner.site.id).json()["recordsTotal"] == 0

    @pytest.mark.parametrize(
        "headers",
        [
            *(
                f"Content-Length: {length}"
                for length in ("+5", "5, 5", "٣", "9" * 30, "9" * 5000, "-5", "5_0", "0x5", "")
            ),
            "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: x\r\nTransfer-Encoding: chunked",
        ],
    )
    def test_one_whose_length_is_no_number_is_400(self, server: ServerProcess, owner: Player, headers: str) -> None:
        head = f"POST {REGISTER}?{query_of(owner.token)} HTTP/1.1\r\nHost: x\r\n{headers}\r\nConnection: close\r\n\r\n"
        assert server.raw(f"{head}5\r\nhello\r\n0\r\n\r\n".encode()).startswith(b"HTTP/1.1 400 ")
        assert "request_broke" not in server.logged

    def test_a_client_may_wait_for_the_go_ahead(self, server: ServerProcess, owner: Player) -> None:
        body = query_of(owner.token).encode()
        head = f"POST {REGISTER} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n"
        kind = "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n"
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall((head + kind).encode())
            assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
            connection.sendall(body)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("application/json", b'{"orderSum": 1}'),
            ("text/xml", b"<a/>"),
            ("multipart/form-data", b"x"),
            ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
            ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'),
            ("application/x-www-form-urlencoded; charset=windows-1251", b"a=%CA"),
        ],
    )
    def test_what_is_no_form_is_400(self, server: ServerProcess, owner: Player, kind: str, body: bytes) -> None:
        query = {"clientApiId": owner.token}
        refused = server.http.post(REGISTER, params=query, content=body, headers={"content-type": kind})
        assert (refused.status_code, refused.json()["errorCode"]) == (400, "10008")
