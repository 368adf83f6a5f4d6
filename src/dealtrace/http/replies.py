"""Build the replies of endpoints: JSON, plain text, files, redirects and refusals, each with its status and headers."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import BinaryIO

import msgspec
from starlette.types import Send

from dealtrace.errors import Language, MethodNotAllowed, Refusal
from dealtrace.http.refusal_statuses import STATUS_OF
from dealtrace.http.sent_file import send_pieces
from dealtrace.record import record
from dealtrace.runtime.server_stop import ServerStop

Header = tuple[bytes, bytes]
JSON_TYPE: Header = (b"content-type", b"application/json;charset=UTF-8")
PLAIN_TYPE: Header = (b"content-type", b"text/plain;charset=UTF-8")
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@record
class Reply:
    """A reply ready to be sent; `event` and `facts` are logged with the request.

    `tally` has further events to count in `/metrics`, as pairs of event and kind. A `file` is sent piece by piece
    instead of `body` and then closed.
    """

    status: int
    body: bytes
    headers: Sequence[Header] = (JSON_TYPE,)
    event: str = "answered"
    facts: Mapping[str, object] = field(default_factory=dict)
    tally: Sequence[tuple[str, str]] = ()
    file: BinaryIO | None = None


RefusalWriter = Callable[[Refusal, Language], Reply]
"""A function that returns the reply for a refusal, in the format that the clients of the endpoint expect."""


def success(content: object, event: str, **facts: object) -> Reply:
    """Return a 200 reply with `content` as JSON: keys keep their order, decimals become numbers."""
    return Reply(200, _ENCODER.encode(content), event=event, facts=facts)


def ready(content: object) -> msgspec.Raw:
    """Return a value as encoded JSON, ready to become part of a longer answer."""
    return msgspec.Raw(_ENCODER.encode(content))


def plain_success(text: str, event: str, **facts: object) -> Reply:
    """Return a 200 reply with plain text."""
    return Reply(200, text.encode(), (PLAIN_TYPE,), event, facts)


def file_success(file: BinaryIO, content_type: str, name: str, event: str, **facts: object) -> Reply:
    """Return a 200 reply with a file that browsers save as `name`."""
    headers = (
        (b"content-type", content_type.encode()),
        (b"content-disposition", f'attachment; filename="{name}"'.encode()),
    )
    return Reply(200, b"", headers, event, facts, file=file)


def redirect(url: str, event: str, **facts: object) -> Reply:
    """Return a 302 redirect to another URL; the site at that URL does not learn which page the visitor came from."""
    headers = ((b"location", url.encode("ascii")), (b"referrer-policy", b"no-referrer"), JSON_TYPE)
    return Reply(302, b"", headers, event, facts)


def refused(refusal: Refusal, body: bytes, content_type: Header = JSON_TYPE) -> Reply:
    """Return the reply for a refusal with `body`, and with the header `Retry-After` or `Allow` if it applies."""
    headers = [content_type]
    if (retry_after := refusal.facts.get("retry_after_seconds")) is not None:
        headers.append((b"retry-after", str(retry_after).encode()))
    if isinstance(refusal, MethodNotAllowed):
        headers.append((b"allow", str(refusal.facts["allowed"]).encode()))
    return Reply(STATUS_OF[type(refusal)], body, headers, "refused", {"code": refusal.code})


def refused_json(refusal: Refusal, content: object) -> Reply:
    """Return the reply for a refusal, with `content` as JSON."""
    return refused(refusal, _ENCODER.encode(content))


def plain_refusal(refusal: Refusal, language: Language) -> Reply:
    """Return the reply for a refusal as plain text, for clients that show every answer to their operator."""
    return refused(refusal, refusal.text(language).encode(), PLAIN_TYPE)


async def send_reply(reply: Reply, request_id: str | None, send: Send, server_stop: ServerStop | None = None) -> None:
    """Send a reply to the client; `server_stop` is needed only for a reply with a file, which is sent in pieces."""
    length = len(reply.body) if reply.file is None else reply.file.seek(0, os.SEEK_END)
    headers = [*reply.headers, (b"content-length", str(length).encode())]
    if request_id is not None:
        headers.append((b"x-request-id", request_id.encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if reply.file is not None:
        assert server_stop is not None
        await send_pieces(reply.file, send, server_stop)
    else:
        await send({"type": "http.response.body", "body": reply.body})
