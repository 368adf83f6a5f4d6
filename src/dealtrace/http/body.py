"""The body of a request: how large it may be, how long it may take, and when the connection is closed after it."""

import asyncio
import time

from starlette.types import Message, Receive, Scope, Send

from dealtrace.errors import BodyTooLarge, UnreadableBody
from dealtrace.http.request_headers import header
from dealtrace.plain_text import BYTE_ORDER_MARK
from dealtrace.runtime.server_stop import ServerStop

_BYTE_ORDER_MARK_IN_UTF8 = BYTE_ORDER_MARK.encode()
DISCARDED_BYTES_MAX = 16 * 1024 * 1024
"""How many bytes beyond the size limit are still received and dropped, so that the client reads the refusal."""
_LENGTH_DIGITS_MAX = 20
"""How many digits of `Content-Length` are read: enough for any real length; Python refuses thousands of digits."""
SHORT_PAUSE_SECONDS = 5
"""How many seconds each piece of a body may usually take to arrive."""
BODY_PAUSE_SECONDS_MAX = 15
"""Ours: how many seconds a piece may take while at most `SLOW_BODIES_MAX` bodies take longer than usual.

A pause of ten seconds is normal when a phone moves to another cell, or when a packet is lost three times. A body that
takes longer is answered with status 400, like other unreadable bodies, and not with 408: browsers and proxies repeat a
request after a 408, and the vendor is not known to send it.
"""
SLOW_BODIES_MAX = 12
"""Ours: how many bodies of a process may pause for longer than `SHORT_PAUSE_SECONDS` at the same time.

This is less than the number of connections that every process may have (`open_files.CONNECTIONS_MIN`), so that bodies
that never arrive cannot occupy all connections for longer than `SHORT_PAUSE_SECONDS`.
"""
LOOK_SECONDS = 1.0
"""How many seconds pass between two checks of whether a pause may continue; once the server is stopping, it may not."""
REST_BYTES_MAX = 16 * 1024
"""Ours: if a request is answered before its whole body has arrived, up to this many further bytes are dropped.

The client can then use the connection again; otherwise a client that exceeds the rate limit would connect each time.
"""
REST_SECONDS_MAX = 1.0
"""Ours: how long an answer waits for the rest of a short body; then the connection is closed after the answer."""
BODY_SECONDS_MAX = 20
"""How many seconds a whole body may take to arrive; a large body gets more, see `BODY_BYTES_PER_SECOND_MIN`."""
BODY_BYTES_PER_SECOND_MIN = 10_000
"""How many bytes must arrive for each second beyond `BODY_SECONDS_MAX`."""
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
"""The methods whose bodies are never read; for these, `receive` only waits for the end of the connection."""
_LAST_ON_CONNECTION = (b"connection", b"close")
_COMPRESSIONS = frozenset({"gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd"})
"""The values of Content-Encoding with which a body is refused; some programs write a charset there, such as `utf-8`."""
DROPPED_BYTES_MAX_WITHOUT_FILES = 16 << 20
"""Ours: if a form without files is too large, up to this many further bytes are still received and dropped.

A browser shows no answer before it has sent its whole form.
"""
DROPPED_BYTES_MAX_WITH_FILES = 200 << 20
"""Ours: if a form with files is too large, up to this many further bytes are still received and dropped.

A browser shows no answer before it has sent its whole form; the answer shows the form again with what was typed.
"""


async def receive_body(scope: Scope, receive: Receive, bytes_max: int) -> bytes:
    """Return the whole body of a request.

    A body that is slightly too large is received to its end and then refused, since many clients read no answer until
    they have sent everything.

    Raises:
        BodyTooLarge: the body is longer than `bytes_max`.
        UnreadableBody: the body is compressed, ended early, or took too long to arrive (see `http.body`).
    """
    stated = header(scope, b"content-length").lstrip("0")[:_LENGTH_DIGITS_MAX]
    if int(stated or 0) > bytes_max + DISCARDED_BYTES_MAX:
        raise BodyTooLarge(bytes_max=bytes_max)
    codings = header(scope, b"content-encoding").lower()
    if codings and not _COMPRESSIONS.isdisjoint(map(str.strip, codings.split(","))):
        raise UnreadableBody(
            ru="тело сжато (Content-Encoding), а сжатые тела не принимаются: отправьте его без сжатия",
            en="the body is compressed (Content-Encoding), which is not accepted; send it uncompressed",
        )
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise UnreadableBody(
                ru="соединение закрыто раньше, чем тело получено целиком",
                en="the connection was closed before the end of the body",
            )
        size += len(message.get("body", b""))
        is_too_large, is_last = size > bytes_max, not message.get("more_body", False)
        if is_too_large and (is_last or size > bytes_max + DISCARDED_BYTES_MAX):
            raise BodyTooLarge(bytes_max=bytes_max)
        if not is_too_large:
            chunks.append(message.get("body", b""))
        if is_last:
            return b"".join(chunks)


def without_byte_order_mark(body: bytes) -> bytes:
    """Return a body without the byte order marks at its start and end, and without the blanks next to such marks.

    Ours: such marks are dropped instead of refused, because 1C, Excel and Windows editors write them.
    """
    while (rest := body.lstrip()).startswith(_BYTE_ORDER_MARK_IN_UTF8):
        body = rest.removeprefix(_BYTE_ORDER_MARK_IN_UTF8).lstrip()
    while (rest := body.rstrip()).endswith(_BYTE_ORDER_MARK_IN_UTF8):
        body = rest.removesuffix(_BYTE_ORDER_MARK_IN_UTF8).rstrip()
    return body


class SlowBodies:
    """Counts the bodies for which a process waits longer than usual; used only in the event loop."""

    def __init__(self, server_stop: ServerStop) -> None:
        self._server_stop = server_stop
        self._count = 0

    def may_go_on(self, *, is_admitted: bool) -> bool:
        """Return whether the server goes on waiting for a body whose sender has paused.

        If so, count the body, unless it is counted already (`is_admitted`).
        """
        if self._server_stop.is_begun:
            return False
        if not is_admitted and self._count >= SLOW_BODIES_MAX:
            return False
        self._count += not is_admitted
        return True

    def leave(self) -> None:
        """Stop counting a body that was admitted."""
        self._count -= 1


class Exchange:
    """The `receive` and `send` of one request.

    Ours: a body that does not arrive in time is refused, and after an answer that is sent before the whole body has
    arrived, the connection is closed. Otherwise bodies that never arrive would occupy connections that others need.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, slow_bodies: SlowBodies) -> None:
        self._scope = scope
        self._slow_bodies = slow_bodies
        self._is_slow = self._is_given_up = False
        self._hurrying: asyncio.TimerHandle | None = None
        self._receive: Receive | None = receive
        self._send: Send | None = send
        self._receiving: asyncio.Future[Message] | None = None
        self._is_received = False
        self._is_unlimited = scope["method"] in _BODILESS
        self._size = 0
        self._started = 0.0

    async def receive(self) -> Message:
        """Return the next message of the request; the time limits apply until the whole body has arrived.

        If a call is cancelled after the body has arrived, or for a method without a body, no message is lost: the next
        call returns it.

        Raises:
            UnreadableBody: the body, or its next piece, took too long to arrive.
        """
        if self._is_received or self._is_unlimited:
            message = await self._receive_once()
        else:
            try:
                message = await self._receive_in_time()
            except TimeoutError as fault:
                self._is_given_up = True
                raise UnreadableBody(
                    ru=f"тело не получено целиком: пауза в передаче — не дольше {BODY_PAUSE_SECONDS_MAX} с "
                    f"({SHORT_PAUSE_SECONDS} с, если прервались и многие другие запросы), вся передача — не дольше "
                    f"{BODY_SECONDS_MAX} с",
                    en="the body was not received completely: it may pause for at most "
                    f"{BODY_PAUSE_SECONDS_MAX} s ({SHORT_PAUSE_SECONDS} s while many other bodies pause), and take at "
                    f"most {BODY_SECONDS_MAX} s",
                ) from fault
            self._size += len(message.get("body", b""))
        if not message.get("more_body", False):
            self._is_received = message["type"] == "http.request" or self._is_received
            self._is_given_up = not self._is_received
        return message

    async def _receive_once(self) -> Message:
        """Return the next message; Granian is asked for each message only once.

        If Granian were asked again while it waits for a message on behalf of a cancelled call, it would report that the
        client has closed the connection.
        """
        if self._receiving is None:
            assert self._receive is not None
            self._receiving = asyncio.ensure_future(self._receive())
        receiving = self._receiving
        message = await asyncio.shield(receiving)
        if self._receiving is receiving:
            self._receiving = None
        return message

    async def _receive_in_time(self) -> Message:
        """Return the next message.

        Raises:
            TimeoutError: it took too long to arrive.
        """
        assert self._receive is not None
        async with asyncio.timeout(self._patience_seconds()) as limit:
            self._hurrying = asyncio.get_running_loop().call_later(SHORT_PAUSE_SECONDS, self._hurry, limit)
            try:
                return await self._receive()
            finally:
                self._hurrying.cancel()
                self._hurrying = None
                if self._is_slow:
                    self._is_slow = False
                    self._slow_bodies.leave()

    def _hurry(self, limit: asyncio.Timeout) -> None:
        """End a pause that is longer than usual or, if it may continue, check it again later."""
        if limit.expired():
            return
        loop = asyncio.get_running_loop()
        if self._slow_bodies.may_go_on(is_admitted=self._is_slow):
            self._is_slow = True
            self._hurrying = loop.call_later(LOOK_SECONDS, self._hurry, limit)
        else:
            limit.reschedule(loop.time())

    def _patience_seconds(self) -> float:
        now = time.monotonic()
        self._started = self._started or now
        remaining = self._started + BODY_SECONDS_MAX + self._size / BODY_BYTES_PER_SECOND_MIN - now
        return min(BODY_PAUSE_SECONDS_MAX, remaining)

    async def send(self, message: Message) -> None:
        """Send a message of the answer; a header says so if the connection will be closed after it."""
        assert self._send is not None
        if message["type"] == "http.response.start":
            is_unread = not self._is_received and self._has_body() and self._scope["http_version"].startswith("1")
            is_last = is_unread and not await self._receive_rest()
            self._is_unlimited = True
            if is_last:
                message = {**message, "headers": [*message["headers"], _LAST_ON_CONNECTION]}
        await self._send(message)

    async def _receive_rest(self) -> bool:
        """Receive and drop the rest of a short body; return whether the whole body has arrived.

        Nothing is received if the body took too long or may be long, or if its sender waits for a `100 Continue`.
        """
        assert self._receive is not None
        stated = header(self._scope, b"content-length").lstrip("0")
        is_short = stated.isdecimal() and len(stated) <= len(str(REST_BYTES_MAX)) and int(stated) <= REST_BYTES_MAX
        if self._is_given_up or self._is_unlimited or not is_short or header(self._scope, b"expect"):
            return False
        try:
            async with asyncio.timeout(REST_SECONDS_MAX):
                while not self._is_received and not self._is_given_up:
                    await self.receive()
        except (TimeoutError, UnreadableBody):
            return False
        return self._is_received

    def _has_body(self) -> bool:
        return bool(header(self._scope, b"content-length").strip("0") or header(self._scope, b"transfer-encoding"))

    def end(self) -> None:
        """Drop the references to the connection; Granian closes it only when nothing refers to it.

        An exception refers to its frames, and its frames may refer to the exception. Such a cycle would otherwise keep
        connections open until the next garbage collection, which may be hours later.
        """
        if self._receiving is not None:
            self._receiving.cancel()
        self._receive = self._send = self._receiving = None
