"""Receive the body of a request, up to a maximum size."""

from starlette.types import Receive, Scope

from dealtrace.errors import BodyTooLarge, UnreadableBody
from dealtrace.http.request_headers import header
from dealtrace.leads.plain_text import BYTE_ORDER_MARK

_BYTE_ORDER_MARK_IN_UTF8 = BYTE_ORDER_MARK.encode()
DISCARDED_BYTES_MAX = 16 * 1024 * 1024
"""How many bytes beyond the size limit are still received and dropped, so that the client reads the refusal."""
_LENGTH_DIGITS_MAX = 20
"""How many digits of `Content-Length` are read: enough for any real length; Python refuses thousands of digits."""


async def receive_body(scope: Scope, receive: Receive, bytes_max: int) -> bytes:
    """Return the whole body of a request.

    A body that is slightly too large is received to its end and then refused, since many clients read no answer until
    they have sent everything.

    Raises:
        BodyTooLarge: the body is longer than `bytes_max`.
        UnreadableBody: the body ended early, or took too long to arrive (see `http.exchange`).
    """
    stated = header(scope, b"content-length").lstrip("0")[:_LENGTH_DIGITS_MAX]
    if int(stated or 0) > bytes_max + DISCARDED_BYTES_MAX:
        raise BodyTooLarge(bytes_max=bytes_max)
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
