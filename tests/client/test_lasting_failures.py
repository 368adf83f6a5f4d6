"""What no retry can heal, the client states at once with what to do; what may pass, it tries again."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from socket import AF_INET, socket
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any

import pytest

from dealtrace_client import AsyncClient, Client, Retries, Unreachable, register, visit
from dealtrace_client.request_steps import Call
from mail_server import make_certificate
from server import ServerProcess

QUICK = Retries(tries_max=3, first_pause_seconds=0.01, longest_pause_seconds=0.05)
CALL: Call[Any] = register(amount_rub=1, status="new", happened_at=datetime(2018, 3, 26, tzinfo=UTC), service="tests")
TLS_ALERT = b"\x15\x03\x01\x00\x02\x02\x46"


def fail(kind: str, address: str, call: Call[Any] = CALL) -> str:
    """Send a call by one of the clients, and return the message of its failure."""
    with pytest.raises(Unreachable) as failed:
        _send(kind, address, call)
    return str(failed.value)


def _send(kind: str, address: str, call: Call[Any] = CALL) -> None:
    async def awaited() -> None:
        async with AsyncClient(address, "token", retries=QUICK) as client:
            await client.send(call)

    if kind == "awaits":
        asyncio.run(awaited())
        return
    with Client(address, "token", retries=QUICK) as client:
        client.send(call)


class Listener:
    """A server that treats each connection as it is told, and counts them."""

    def __init__(self, treat: Callable[[Any], None], host: str) -> None:
        self.connections = 0
        listener = self

        class Handler(BaseRequestHandler):
            def handle(self) -> None:
                listener.connections += 1
                with suppress(OSError):
                    treat(self.request)

        self._server = ThreadingTCPServer((host, 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def listen() -> Iterator[Callable[..., Listener]]:
    started: list[Listener] = []

    def start(treat: Callable[[Any], None], host: str = "127.0.0.1") -> Listener:
        started.append(Listener(treat, host))
        return started[-1]

    yield start
    for listener in started:
        listener.close()


@pytest.fixture(params=["waits", "awaits"])
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def answer(sent: bytes) -> Callable[[Any], None]:
    def treat(connection: Any) -> None:
        connection.recv(65536)
        connection.sendall(sent)

    return treat


def test_https_to_a_server_without_tls_is_stated_at_once(kind: str, server: ServerProcess) -> None:
    said = fail(kind, server.url.replace("http://", "https://"))
    assert "write http:// in address" in said


def test_https_to_plain_http_is_tried_once(kind: str, listen: Callable[..., Listener]) -> None:
    server = listen(answer(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    assert "does not answer in TLS" in fail(kind, f"https://127.0.0.1:{server.port}")
    assert server.connections == 1


@pytest.mark.parametrize("sent", [TLS_ALERT, b"220 mail.example ESMTP\r\n\r\n"])
def test_a_server_that_does_not_answer_in_http_is_tried_once(
    kind: str, listen: Callable[..., Listener], sent: bytes
) -> None:
    server = listen(answer(sent))
    assert "does not answer in HTTP" in fail(kind, f"http://127.0.0.1:{server.port}")
    assert server.connections == 1


def test_a_version_of_tls_that_the_server_refuses_is_tried_once(kind: str, listen: Callable[..., Listener]) -> None:
    server = listen(answer(TLS_ALERT))
    assert "no version or method of TLS in common" in fail(kind, f"https://127.0.0.1:{server.port}")
    assert server.connections == 1


def tls(certificate: Path) -> Callable[[Any], None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def treat(connection: Any) -> None:
        with context.wrap_socket(connection, server_side=True) as opened:
            opened.recv(65536)

    return treat


def test_a_certificate_that_is_not_trusted_is_tried_once(
    kind: str, listen: Callable[..., Listener], tmp_path: Path
) -> None:
    server = listen(tls(make_certificate(tmp_path)))
    assert "certificate is not trusted" in fail(kind, f"https://localhost:{server.port}")
    assert server.connections == 1


def test_a_certificate_of_another_name_is_tried_once(
    kind: str, listen: Callable[..., Listener], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = listen(tls(certificate), "127.0.0.2")
    assert "use the name in the certificate" in fail(kind, f"https://127.0.0.2:{server.port}")


def read_to_the_end(connection: Any) -> None:
    """Read until the client closes: what is closed with bytes unread resets the connection, and loses what was sent."""
    while connection.recv(65536):
        pass


def tls_for_clients_with_certificates(certificate: Path, version: ssl.TLSVersion) -> Callable[[Any], None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.load_verify_locations(certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = version

    def treat(connection: Any) -> None:
        with connection.dup() as kept:
            with suppress(ssl.SSLError):
                context.wrap_socket(connection, server_side=True)
            read_to_the_end(kept)

    return treat


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"])
def test_a_server_that_asks_for_a_clients_certificate_is_tried_once(
    kind: str,
    listen: Callable[..., Listener],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    version: ssl.TLSVersion,
) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = listen(tls_for_clients_with_certificates(certificate, version))
    said = fail(kind, f"https://localhost:{server.port}")
    assert "the server asks for a client's certificate, and this client has none" in said
    assert ("in common" in said) == (version is ssl.TLSVersion.TLSv1_2)
    assert server.connections == 1


@pytest.mark.parametrize(
    ("call", "tries"),
    [(CALL, QUICK.tries_max), (visit(1, "https://shop.example.com/"), 1)],
    ids=["repeatable", "not repeatable"],
)
def test_a_fault_of_tls_after_the_request_is_tried_again_if_the_call_may_be_repeated(
    kind: str,
    listen: Callable[..., Listener],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: Call[Any],
    tries: int,
) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    receive = tls(certificate)

    def treat(connection: Any) -> None:
        with connection.dup() as kept:
            receive(connection)
            kept.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            read_to_the_end(kept)

    server = listen(treat)
    said = fail(kind, f"https://localhost:{server.port}", call)
    assert "[SSL: " in said
    assert "http://" not in said
    assert server.connections == tries


def test_a_proxy_that_wants_a_password_is_tried_once(
    kind: str, listen: Callable[..., Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = listen(answer(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert "the proxy refuses the connection" in fail(kind, "https://deals.example.com")
    assert proxy.connections == 1


def test_a_connection_that_is_closed_is_tried_again(kind: str, listen: Callable[..., Listener]) -> None:
    for scheme in ("http", "https"):
        server = listen(lambda connection: connection.recv(65536))
        assert ": " not in fail(kind, f"{scheme}://127.0.0.1:{server.port}").replace("[SSL: ", "")
        assert server.connections == QUICK.tries_max


def test_a_fault_that_the_caller_is_handling_is_not_that_of_the_second_address(
    kind: str, listen: Callable[..., Listener]
) -> None:
    first = listen(answer(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    with socket(AF_INET) as bound:  # nobody listens here
        bound.bind(("127.0.0.1", 0))
        try:
            _send(kind, f"https://127.0.0.1:{first.port}")
        except Unreachable:
            assert "TLS" not in fail(kind, f"http://127.0.0.1:{bound.getsockname()[1]}")


@pytest.mark.parametrize(
    ("alert", "said", "tries"),
    [
        (0x70, "does not know the name in address", 1),
        (0x14, "", QUICK.tries_max),
        (0x50, "", QUICK.tries_max),
    ],
)
def test_an_alert_of_tls_is_stated_only_if_it_lasts(
    kind: str, listen: Callable[..., Listener], alert: int, said: str, tries: int
) -> None:
    server = listen(answer(TLS_ALERT[:-1] + bytes([alert])))
    message = fail(kind, f"https://127.0.0.1:{server.port}")
    assert said in message
    assert "in common" not in message
    assert server.connections == tries
