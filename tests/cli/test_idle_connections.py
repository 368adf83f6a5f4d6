"""Connections that send nothing, or too slowly, keep nobody out for longer than the time-out."""

import resource
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode

import pytest

from cast import Player
from dealtrace.cli.serve import GRACE_SECONDS, raise_open_files
from dealtrace.http.body import (
    BODY_PAUSE_SECONDS_MAX,
    REST_BYTES_MAX,
    REST_SECONDS_MAX,
    SHORT_PAUSE_SECONDS,
    SLOW_BODIES_MAX,
)
from dealtrace.open_files import CONNECTIONS_MIN, RESERVED_FILES, connections_that_fit
from dealtrace.settings import Settings
from engines import on_one_engine
from server import REGISTER, ServerProcess, deal_parameters
from waiting import PATIENCE_SECONDS, wait_until

StartServer = Callable[..., ServerProcess]
OPEN_FILES = 300
IDLE = 400
CLOSED_WITHIN_SECONDS = 25
"""Our own limits end a connection after five seconds, also on a busy machine; Granian's would after thirty."""
FORM = "Content-Type: application/x-www-form-urlencoded"
FORM_OF_PARTS = "Content-Type: multipart/form-data"


def connect(server: ServerProcess) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=60)


def request(method: str, path: str, *headers: str) -> bytes:
    """Return the header of a request, without its body."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


def is_closed(connection: socket.socket) -> bool:
    """Return whether the server has closed a connection; an answer that it sent before is read and dropped."""
    connection.setblocking(False)
    try:
        while connection.recv(1000):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    return True


@pytest.fixture
def small(start_server_on: StartServer, tmp_path: Path) -> ServerProcess:
    """Start a server that may open few files; hard and soft limit are the same."""
    return start_server_on(f"sqlite:///{tmp_path / 'own.db'}", open_files=OPEN_FILES)


def test_hundreds_that_send_nothing_are_closed_and_others_are_answered(small: ServerProcess) -> None:
    with ExitStack() as open_sockets:
        began = time.monotonic()
        idle = [open_sockets.enter_context(connect(small)) for _ in range(IDLE)]
        assert small.http.get("/healthz", timeout=PATIENCE_SECONDS).status_code == 200
        assert time.monotonic() - began < CLOSED_WITHIN_SECONDS
        assert sum(map(is_closed, idle)) > IDLE - (OPEN_FILES - RESERVED_FILES)
    assert small.logged.count('"sockets_short"') == 1, "once, then once a minute"
    wait_until(lambda: '"sockets_free"' in small.logged)
    assert f"it serves {OPEN_FILES - RESERVED_FILES} connections at once instead of 4096" in small.logged


def test_bodies_that_never_come_keep_nobody_out_and_leave_no_connection_open(small: ServerProcess) -> None:
    begun = [
        request("POST", REGISTER, "Content-Length: 100") + b"a",
        request("POST", REGISTER, "Content-Length: 100"),
        request("POST", REGISTER, "Transfer-Encoding: chunked") + b"1\r\na\r\n",
        request("POST", REGISTER, "Content-Length: 100", "Expect: 100-continue"),
        request("POST", "/calls-service/RestAPI/client-orders/create", "Content-Length: 100") + b"[{",
        request("POST", "/counter/visit", "Content-Length: 100", "Origin: https://shop.example.com") + b"a",
        request("POST", "/cabinet/login", "Content-Length: 100", FORM) + b"login=a",
        request("POST", "/cabinet/login", "Content-Length: 9999", f"{FORM_OF_PARTS}; boundary=b") + b"--b\r\n",
        request("PUT", REGISTER, "Content-Length: 100") + b"a",
        request("POST", "/nowhere", "Content-Length: 100") + b"a",
        request("GET", "/healthz", "Content-Length: 100") + b"a",
    ]
    with ExitStack() as open_sockets:
        began = time.monotonic()
        slow = [open_sockets.enter_context(connect(small)) for _ in range(IDLE)]
        for connection, beginning in zip(slow, cycle(begun), strict=False):
            connection.sendall(beginning)
        assert small.http.get("/healthz", timeout=PATIENCE_SECONDS).status_code == 200
        assert time.monotonic() - began < CLOSED_WITHIN_SECONDS
        wait_until(lambda: all(map(is_closed, slow)))
        assert time.monotonic() - began < CLOSED_WITHIN_SECONDS + BODY_PAUSE_SECONDS_MAX


def test_only_a_few_bodies_are_waited_for_longer_than_usual(small: ServerProcess) -> None:
    many = 2 * SLOW_BODIES_MAX
    with ExitStack() as open_sockets:
        began = time.monotonic()
        slow = [open_sockets.enter_context(connect(small)) for _ in range(many)]
        for connection in slow:
            connection.sendall(request("POST", REGISTER, "Content-Length: 100") + b"a")
        wait_until(lambda: sum(map(is_closed, slow)) == many - SLOW_BODIES_MAX)
        assert SHORT_PAUSE_SECONDS <= time.monotonic() - began < BODY_PAUSE_SECONDS_MAX
        wait_until(lambda: all(map(is_closed, slow)))
        assert time.monotonic() - began >= BODY_PAUSE_SECONDS_MAX


def test_a_body_may_pause_as_on_a_poor_connection(server: ServerProcess, owner: Player) -> None:
    body = urlencode(deal_parameters(owner.token)).encode()
    with connect(server) as poor:
        poor.sendall(request("POST", REGISTER, f"Content-Length: {len(body)}", FORM) + body[:9])
        poor.settimeout(SHORT_PAUSE_SECONDS + 1)
        with pytest.raises(TimeoutError):
            poor.recv(1)
        poor.settimeout(60)
        poor.sendall(body[9:])
        assert poor.recv(1000).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PUT", REGISTER, 405), ("POST", "/nowhere", 404), ("POST", "/healthz", 405), ("POST", "/cabinet/nowhere", 404)],
)
def test_a_short_body_that_an_answer_did_not_need_leaves_the_connection_open(
    server: ServerProcess, method: str, path: str, status: int
) -> None:
    head, body = request(method, path, f"Content-Length: {REST_BYTES_MAX}"), b"a" * REST_BYTES_MAX
    with connect(server) as kept:
        for _ in range(2):
            kept.sendall(head + body)  # the server waits a second for the body, and others may be slow to send it
            answer = kept.recv(100_000)
            assert answer.startswith(b"HTTP/1.1 %d " % status)
            assert b"connection: close" not in answer.lower()
            read_rest(kept, answer)
        kept.sendall(request("GET", "/healthz"))
        assert kept.recv(1000).startswith(b"HTTP/1.1 200 ")


def read_rest(connection: socket.socket, answer: bytes) -> None:
    """Read the rest of an answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    while len(body) < length:
        piece = connection.recv(100_000)
        assert piece, answer
        body += piece


def test_an_answer_waits_for_a_short_body_for_a_moment_only_and_not_for_one_that_wants_a_go_ahead(
    server: ServerProcess,
) -> None:
    def seconds_for(*headers: str) -> float:
        began = time.monotonic()
        answer = server.raw(request("PUT", REGISTER, "Content-Length: 100", *headers)).lower()
        assert answer.startswith(b"http/1.1 405 ")
        assert b"\r\nconnection: close\r\n" in answer
        return time.monotonic() - began

    assert seconds_for() >= REST_SECONDS_MAX
    wait_until(lambda: seconds_for("Expect: 100-continue") < REST_SECONDS_MAX)


def test_a_server_with_bodies_that_never_come_stops_without_waiting_for_long(small: ServerProcess) -> None:
    with connect(small) as slow:
        slow.sendall(request("POST", REGISTER, "Content-Length: 100") + b"a")
        assert small.http.get("/healthz").status_code == 200
        began = time.monotonic()
        assert small.stop() == 0
        assert time.monotonic() - began < GRACE_SECONDS / 2


@pytest.mark.parametrize(
    ("begun", "status"),
    [
        (request("PUT", REGISTER, "Content-Length: 100") + b"a", 405),
        (request("POST", "/nowhere", f"Content-Length: {REST_BYTES_MAX + 1}"), 404),
        (request("POST", "/healthz", "Transfer-Encoding: chunked"), 405),
        (request("GET", "/healthz", "Content-Length: 100"), 200),
        (request("GET", "/cabinet/login", "Content-Length: 100"), 200),
    ],
)
def test_an_answer_sent_before_the_body_has_come_is_the_last_on_its_connection(
    small: ServerProcess, begun: bytes, status: int
) -> None:
    answer = small.raw(begun).lower()
    assert answer.startswith(b"http/1.1 %d " % status)
    assert b"\r\nconnection: close\r\n" in answer


@on_one_engine
@pytest.mark.parametrize("beginning", [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_a_header_that_does_not_end_is_not_waited_for(server: ServerProcess, beginning: bytes) -> None:
    def is_given_up() -> bool:
        try:
            slow.sendall(b"x" if beginning else b"")
        except ConnectionError:
            return True
        return is_closed(slow)

    with connect(server) as slow:
        began = time.monotonic()
        slow.sendall(beginning)
        wait_until(is_given_up)
        assert time.monotonic() - began < CLOSED_WITHIN_SECONDS


@on_one_engine
def test_a_connection_is_kept_between_two_requests(server: ServerProcess) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with connect(server) as kept:
        for _ in range(3):
            kept.sendall(request)
            answer = b""
            while not answer.endswith(b'{"status":"ok"}'):
                piece = kept.recv(1000)
                assert piece, answer
                answer += piece
            assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("http2", [False, True])
def test_http2_is_served_only_if_asked_for(start_server_on: StartServer, tmp_path: Path, http2: bool) -> None:
    server = start_server_on(f"sqlite:///{tmp_path / 'own.db'}", http2=http2)
    settings_frame = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    with connect(server) as speaker:
        speaker.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings_frame)
        assert (speaker.recv(1000)[3:4] == b"\x04") is http2


def test_the_limit_of_open_files_is_raised_as_far_as_allowed(start_server_on: StartServer, tmp_path: Path) -> None:
    server = start_server_on(
        f"sqlite:///{tmp_path / 'own.db'}", connections_max=500, open_files=256, open_files_allowed=4096
    )
    assert "connections at once" not in server.logged
    limits = Path(f"/proc/{server.process.pid}/limits").read_text()
    (line,) = [line for line in limits.splitlines() if line.startswith("Max open files")]
    assert int(line.split()[3]) >= 500 + RESERVED_FILES


def test_only_as_many_open_files_are_asked_for_as_the_connections_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALTRACE_CONNECTIONS_MAX", "500")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        for before, after in ((256, 500 + RESERVED_FILES), (900, 900)):
            resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))
            raise_open_files(Settings())
            assert resource.getrlimit(resource.RLIMIT_NOFILE) == (after, hard), "Granian would raise it further, later"
            assert connections_that_fit(500) == 500
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_fewer_connections_fit_into_fewer_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        for limit, fit in ((1024, 1024 - RESERVED_FILES), (140, CONNECTIONS_MIN), (soft, min(4096, soft - 128))):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            assert connections_that_fit(4096) == fit
            assert connections_that_fit(16) == 16
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
