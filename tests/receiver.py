"""A real receiver of webhooks, and every way in which one may misbehave."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from waiting import wait_until


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str
    at: float

    @property
    def pairs(self) -> dict[str, str]:
        """What a form or a query says, in its order."""
        result = self.body if self.method == "POST" else urlsplit(self.path).query
        return dict(parse_qsl(result, keep_blank_values=True, strict_parsing=True))

    @property
    def name(self) -> str:
        """The delivery's name."""
        return self.headers["webhook-id"]


@dataclass(frozen=True)
class Answer:
    """What the receiver says: after how long, with what, or nothing at all."""

    status: int = 200
    body: bytes = b"ok"
    after_seconds: float = 0.0
    hangs_up: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


class Receiver:
    """Listens on loopback; `answer` may be changed at any time."""

    def __init__(self, port: int = 0) -> None:
        self.received: list[Received] = []
        self.answer: Callable[[Received], Answer] = lambda _received: Answer()
        self.sent_bytes = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler_of(self))
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def wait_for(self, count: int) -> list[Received]:
        """Wait until this many requests have come, and return them all."""
        wait_until(lambda: len(self.received) >= count)
        return list(self.received)

    def vanish(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _receive(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(self.command, self.path, headers, body, time.monotonic())
            answer = receiver.answer(received)
            receiver.received.append(received)
            time.sleep(answer.after_seconds)
            if answer.hangs_up:
                self.close_connection = True
                return
            with suppress(OSError):
                self._reply(answer)

        do_GET = do_POST = _receive  # noqa: N815 - the library calls them so

        def _reply(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in {"content-length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for start in range(0, len(answer.body), 16_384):
                receiver.sent_bytes += self.wfile.write(answer.body[start : start + 16_384])

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
