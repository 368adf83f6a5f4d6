"""One request to a receiver that may be anything."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from dealtrace.webhooks.http_request import OutgoingRequest
from dealtrace.webhooks.retry import LONGEST_PAUSE, Fault
from dealtrace.worker.webhook_client import ANSWER_BYTES_MAX, ATTEMPT_SECONDS, WebhookClient
from receiver import Answer, Receiver
from server import free_port
from write_commands import run

LOOPBACK = ("127.0.0.0/8", "::1/128")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.vanish()


def send(*urls: str, private: tuple[str, ...] = LOOPBACK) -> list[Fault | None]:
    """Send to each address, as one visit."""

    async def story() -> list[Fault | None]:
        async with WebhookClient(private).connect() as connect:
            return [await connect.send(OutgoingRequest("POST", url, b"a=1", {"x-own": "1"})) for url in urls]

    return run(story)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_status_of_2xx_accepts(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _: Answer(status, b"")
    assert send(receiver.url) == [None]
    (received,) = receiver.received
    assert (received.method, received.path, received.body) == ("POST", "/hook", "a=1")
    assert received.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert received.headers["user-agent"].startswith("Dealtrace/")
    assert received.headers["x-own"] == "1"


def test_a_name_is_told_to_the_receiver_though_its_address_is_connected_to(receiver: Receiver) -> None:
    assert send(f"http://localhost:{receiver.port}/x?y=%20z") == [None]
    assert receiver.received[0].headers["host"] == f"localhost:{receiver.port}"
    assert receiver.received[0].path == "/x?y=%20z"


@pytest.mark.parametrize(
    ("answer", "reason", "words"),
    [
        (Answer(500, b"<b>\x1b[31mboom</b>\n\xff"), "HTTP 500", "<b> [31mboom</b> \N{REPLACEMENT CHARACTER}"),
        (Answer(404, b""), "HTTP 404", ""),
        (Answer(301, b"", headers={"location": "http://10.0.0.1/"}), "HTTP 301, a redirect", "http://10.0.0.1/"),
        (Answer(hangs_up=True), "invalid answer: Server disconnected", ""),
    ],
)
def test_anything_else_is_a_fault_a_person_can_read(
    receiver: Receiver, answer: Answer, reason: str, words: str
) -> None:
    receiver.answer = lambda _: answer
    (fault,) = send(receiver.url)
    assert fault is not None
    assert fault.reason.startswith(reason)
    assert fault.answer == words
    assert not fault.is_final


def test_a_receiver_may_say_when_to_come_again_and_when_never(receiver: Receiver) -> None:
    receiver.answer = lambda _: Answer(429, b"", headers={"retry-after": "120"})
    assert send(receiver.url) == [Fault("HTTP 429", retry_after=timedelta(minutes=2))]
    receiver.answer = lambda _: Answer(503, b"", headers={"retry-after": "Wed, 21 Oct 2099 07:28:00 GMT"})
    assert send(receiver.url) == [Fault("HTTP 503", retry_after=LONGEST_PAUSE)]
    receiver.answer = lambda _: Answer(410, b"")
    assert send(receiver.url) == [Fault("HTTP 410", is_final=True)]


def test_a_long_answer_is_not_read_to_its_end(receiver: Receiver) -> None:
    receiver.answer = lambda _: Answer(200, b"x" * 20_000_000)
    assert send(receiver.url) == [None]
    receiver.answer = lambda _: Answer(500, b"x" * 20_000_000)
    (fault,) = send(receiver.url)
    assert fault is not None
    assert fault.reason == "HTTP 500"
    assert 0 < len(fault.answer) < ANSWER_BYTES_MAX
    assert receiver.sent_bytes < 30_000_000, "the connection was closed on it"


def test_a_receiver_that_takes_its_time_has_failed(receiver: Receiver) -> None:
    receiver.answer = lambda _: Answer(after_seconds=ATTEMPT_SECONDS + 3)
    assert send(receiver.url) == [Fault("no answer within 5 s")]


def test_a_receiver_that_is_not_there_cannot_be_connected_to() -> None:
    (fault,) = send(f"http://127.0.0.1:{free_port()}/")
    assert fault is not None
    assert fault.reason.startswith("cannot connect")


def test_a_private_receiver_is_not_even_connected_to(receiver: Receiver) -> None:
    (fault,) = send(f"http://localhost:{receiver.port}/", private=())
    assert fault is not None
    assert "is not public" in fault.reason
    assert receiver.received == []


def test_proxies_of_the_environment_are_not_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{free_port()}")
    assert send(receiver.url) == [None]


def test_a_receiver_on_ipv6_is_reached() -> None:
    (fault,) = send(f"http://[::1]:{free_port()}/")
    assert fault is not None
    assert fault.reason.startswith("cannot connect"), "the address was understood"


def test_requests_of_one_visit_share_a_connection(receiver: Receiver) -> None:
    assert send(receiver.url, receiver.url, receiver.url) == [None, None, None]


@pytest.fixture
def safe_port(tmp_path: Path) -> Iterator[int]:
    """Listen by TLS with a certificate of our own for `localhost`."""
    made = "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out own.pem -subj /CN=localhost"
    named = "-addext subjectAltName=DNS:localhost"
    command = ["openssl", *made.split(), *named.split()]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "own.pem", tmp_path / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_a_certificate_must_be_known_and_of_the_name_that_was_asked_for(
    safe_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fault,) = send(f"https://localhost:{safe_port}/")
    assert fault is not None
    assert "CERTIFICATE_VERIFY_FAILED" in fault.reason
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
    assert send(f"https://localhost:{safe_port}/") == [None]
    (fault,) = send(f"https://127.0.0.1:{safe_port}/")
    assert fault is not None
    assert "CERTIFICATE_VERIFY_FAILED" in fault.reason


def resolve_to(*addresses: str) -> Callable[..., list[Any]]:
    """Return a resolver that knows these addresses of every name, in this order; others are resolved as ever."""
    resolve = socket.getaddrinfo

    def answer(host: Any, port: Any, *more: Any, **options: Any) -> list[Any]:
        text = host.decode() if isinstance(host, bytes) else host
        if not text.endswith(".example"):
            return resolve(host, port, *more, **options)
        found = [resolve(address, port, *more, **options)[0] for address in addresses]
        return [*found, found[0]]

    return answer


@pytest.fixture
def silent_port(receiver: Receiver) -> Iterator[int]:
    """Listen beside a receiver, on 127.0.0.2, and accept nobody: once its queue is full, who connects hears nothing."""
    with ExitStack() as opened:
        listener = opened.enter_context(socket.socket())
        listener.bind(("127.0.0.2", receiver.port))
        listener.listen(0)
        for _ in range(8):
            client = opened.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield receiver.port


def test_every_address_of_a_name_is_tried_in_its_order(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [f"127.0.0.{number}" for number in range(2, 40)]
    monkeypatch.setattr(socket, "getaddrinfo", resolve_to(*others, "127.0.0.1"))
    assert send(f"http://shop.example:{receiver.port}/") == [None]
    assert receiver.received[0].headers["host"] == f"shop.example:{receiver.port}"


def test_of_addresses_that_accept_the_first_is_sent_to(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.2", receiver.port))
        mute.listen()
        monkeypatch.setattr(socket, "getaddrinfo", resolve_to("127.0.0.1", "127.0.0.2"))
        assert send(f"http://shop.example:{receiver.port}/") == [None]


def test_an_address_that_is_silent_leaves_time_for_the_next(silent_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolve_to(*["127.0.0.2"] * 3, "127.0.0.1"))
    assert send(f"http://shop.example:{silent_port}/") == [None]


def test_an_address_without_our_certificate_leaves_the_next(
    safe_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as plain:
        plain.bind(("127.0.0.2", safe_port))
        plain.listen()
        threading.Thread(target=refuse_encryption, args=(plain,), daemon=True).start()
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
        addresses = ["127.0.0.2", "127.0.0.1"]
        resolve = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda _host, port, *more, **options: [resolve(ip, port, *more, **options)[0] for ip in addresses],
        )
        assert send(f"https://localhost:{safe_port}/") == [None]


def refuse_encryption(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.close()


def test_only_allowed_addresses_of_a_name_are_tried(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolve_to("127.0.0.3", "127.0.0.1"))
    url = f"http://shop.example:{receiver.port}/"
    assert send(url, private=("127.0.0.1/32",)) == [None]
    (fault,) = send(url, private=())
    assert fault is not None
    assert "is not public" in fault.reason


@pytest.mark.parametrize("name", ["xn--fa-hia.example", "www.xn--fa-hia.example", "a_b.example", "a--b.example"])
def test_a_name_goes_where_its_ascii_form_says(receiver: Receiver, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    sent: list[Any] = []
    answer = resolve_to("127.0.0.1")
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *more, **options: (sent.append(host), answer(host, *more, **options))[1]
    )
    assert send(f"http://{name}:{receiver.port}/") == [None]
    assert name.encode() in sent
    assert receiver.received[0].headers["host"] == f"{name}:{receiver.port}"


@pytest.mark.parametrize(
    "url",
    [
        "http://xn--.invalid/",
        "http://xn--a.invalid/",
        "http://xn--zzzzzzzz99.invalid/",
        "http://www.xn--a.invalid/",
        "http://" + "x" * 64 + ".example/",
        "http://.example/",
        "http://a..example/",
        "http://[::1/",
        "http://exa mple/",
        "http://example:99999/",
        "http://ex\x00ample/",
        "ftp://localhost/",
        "nothing",
        "http://\u0561/",
    ],
)
def test_whatever_cannot_be_sent_is_a_fault(url: str) -> None:
    (fault,) = send(url)
    assert fault is not None
    assert fault.reason
