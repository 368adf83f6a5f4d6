"""One request and its answer: how long the body may take, and what becomes of the connection afterwards."""

import asyncio
import time

from starlette.types import Message, Receive, Scope, Send

from dealtrace.errors import UnreadableBody
from dealtrace.http.request_headers import header

BODY_PAUSE_SECONDS_MAX = 5
"""How many seconds the first or the next piece of a body may take to arrive; as many as a whole header."""
BODY_SECONDS_MAX = 20
"""How many seconds a whole body may take to arrive; a large body gets more by `BODY_BYTES_PER_SECOND_MIN`."""
BODY_BYTES_PER_SECOND_MIN = 10_000
"""How many bytes must arrive for each second beyond `BODY_SECONDS_MAX`."""
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
"""The methods whose bodies are never read; for these, `receive` only waits for the end of the connection."""
_LAST_ON_CONNECTION = (b"connection", b"close")


class Exchange:
    """The `receive` and `send` of one request.

    Ours: a body that does not arrive in time is given up, and the connection is closed after every answer that is sent
    before the whole body has arrived. Otherwise bodies that never come would occupy the connections of others.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive: Receive | None = receive
        self._send: Send | None = send
        self._is_received = False
        self._is_unlimited = scope["method"] in _BODILESS
        self._size = 0
        self._started = 0.0

    async def receive(self) -> Message:
        """Return the next message of the request; the time limits apply until the whole body has arrived.

        Raises:
            UnreadableBody: the body, or its next piece, took too long to arrive.
        """
        assert self._receive is not None
        if self._is_received or self._is_unlimited:
            message = await self._receive()
        else:
            try:
                async with asyncio.timeout(self._patience_seconds()):
                    message = await self._receive()
            except TimeoutError as fault:
                raise UnreadableBody(
                    ru=f"оно не получено целиком: ждали не дольше {BODY_PAUSE_SECONDS_MAX} с подряд и "
                    f"{BODY_SECONDS_MAX} с всего",
                    en="the body was not received completely: it may pause for at most "
                    f"{BODY_PAUSE_SECONDS_MAX} s, and take at most {BODY_SECONDS_MAX} s",
                ) from fault
            self._size += len(message.get("body", b""))
        if not message.get("more_body", False):
            self._is_received = message["type"] == "http.request" or self._is_received
        return message

    def _patience_seconds(self) -> float:
        now = time.monotonic()
        self._started = self._started or now
        remaining = self._started + BODY_SECONDS_MAX + self._size / BODY_BYTES_PER_SECOND_MIN - now
        return min(BODY_PAUSE_SECONDS_MAX, remaining)

    async def send(self, message: Message) -> None:
        """Send a message of the answer; a header says so if the connection will be closed after it."""
        assert self._send is not None
        if message["type"] == "http.response.start":
            self._is_unlimited = True
            if not self._is_received and self._has_body() and self._scope["http_version"].startswith("1"):
                message = {**message, "headers": [*message["headers"], _LAST_ON_CONNECTION]}
        await self._send(message)

    def _has_body(self) -> bool:
        return bool(header(self._scope, b"content-length").strip("0") or header(self._scope, b"transfer-encoding"))

    def end(self) -> None:
        """Drop the references to the connection; Granian closes it only when nothing refers to it.

        An exception refers to its frames, and its frames may refer to the exception. Without this, such a circle would
        keep connections open until the next garbage collection, which may be hours later.
        """
        self._receive = self._send = None
