"""Parse query strings and form bodies, including what real clients send: raw Cyrillic, raw brackets, bad escapes."""

import codecs

from python_multipart.multipart import parse_options_header
from starlette.types import Receive, Scope

from dealtrace.errors import UnreadableBody
from dealtrace.http.body import receive_body, without_byte_order_mark
from dealtrace.http.json_parameters import read_json_object
from dealtrace.http.multipart import read_multipart
from dealtrace.http.query_string import (
    Pairs,
    check_names,
    not_utf_8,
    read_pairs,
)
from dealtrace.http.request_headers import header

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_QUOTES = (b'"', b"'")


async def receive_pairs(scope: Scope, receive: Receive, *, reads_json: bool, body_bytes_max: int) -> Pairs:
    """Receive and parse the parameters of a request; for a name in both query and body, the body's values count.

    Vendor: «Поддерживаемые методы отправки: GET и POST».
    """
    pairs = read_pairs(scope["query_string"])
    if scope["method"] != "POST":
        return pairs
    body = await receive_body(scope, receive, body_bytes_max)
    if reads_json and (sent := read_json_object(body)) is not None:
        return pairs.overridden_by(sent)
    return pairs.overridden_by(read_body(header(scope, b"content-type"), body, reads_json=reads_json))


def read_body(content_type: str, body: bytes, *, reads_json: bool = False) -> Pairs:
    """Parse the parameters in a body, urlencoded or multipart; a body without a type is parsed as urlencoded.

    With `reads_json`, the refusal of another type says that a JSON object may be sent, too.
    Ours: multipart is parsed as browsers send it; other types are refused, because guessing would lose data.

    Raises:
        UnreadableBody: the body has another type, text that is not in UTF-8, a name with a null byte, or malformed
            multipart.
        InvalidParameters: there are too many parameters.
    """
    if not body:
        return Pairs()
    kind, options = parse_options_header(content_type)
    charset = (options.get(b"charset") or b"utf-8").decode("latin-1").lower()
    if charset not in ("utf-8", "utf8"):
        raise UnreadableBody(
            ru=f"кодировка {charset} не поддерживается, нужна UTF-8",
            en=f"charset {charset} is not supported; use UTF-8",
        )
    if kind in (b"", b"application/x-www-form-urlencoded"):
        if b"\0" in body or body.startswith(_UTF_16_MARKS):
            raise not_utf_8()
        text = without_byte_order_mark(body).strip(b"\r\n")
        is_quoted = len(text) > 1 and text[:1] == text[-1:] and text[:1] in _QUOTES
        pairs = read_pairs(text[1:-1] if is_quoted else text)
        check_names(pairs)
        return pairs
    if kind == b"multipart/form-data" and b"boundary" in options:
        pairs = read_multipart(options[b"boundary"], without_byte_order_mark(body))
        check_names(pairs)
        return pairs
    raise _unsupported_type(kind, reads_json=reads_json)


def _unsupported_type(kind: bytes, *, reads_json: bool) -> UnreadableBody:
    """Return the refusal of a body whose type is not supported, or is multipart without a boundary."""
    if kind == b"multipart/form-data":
        return UnreadableBody(ru="в Content-Type не указан boundary", en="Content-Type has no boundary")
    if reads_json and kind.endswith(b"json"):
        return UnreadableBody(ru="это не объект JSON в кодировке UTF-8", en="this is not a JSON object in UTF-8")
    shown = kind.decode("latin-1")
    json_ru, json_en = (", объект JSON", ", a JSON object") if reads_json else ("", "")
    return UnreadableBody(
        ru=f"Content-Type {shown} не поддерживается, нужен application/x-www-form-urlencoded{json_ru}"
        " или multipart/form-data",
        en=f"Content-Type {shown} is not supported; use application/x-www-form-urlencoded{json_en}"
        " or multipart/form-data",
    )
