"""Parse query strings and form bodies, including what real clients send: raw Cyrillic, raw brackets, bad escapes."""

import codecs
import re
from urllib.parse import unquote

import msgspec
from python_multipart.multipart import parse_options_header
from starlette.types import Receive, Scope

from dealtrace.errors import UnreadableBody
from dealtrace.http.body import receive_body, without_byte_order_mark
from dealtrace.http.multipart import read_multipart
from dealtrace.http.pairs import BrokenPercentError, Pairs, bare_name, check_count, note_broken
from dealtrace.http.request_headers import header
from dealtrace.leads.plain_text import BYTE_ORDER_MARK

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ESCAPED = re.compile(b"(?:%[0-9A-Fa-f]{2})+")
_BROKEN_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_QUOTES = (b'"', b"'")
_JSON_START = re.compile(rb'\{\s*"')
_WHOLE_FLOAT = re.compile(r"(-?[0-9]+)\.0+")
_AT_BYTE = re.compile(r"\(byte ([0-9]+)\)\Z")
"""A pattern of the place where msgspec found a fault, counted from 0."""
_UNUSUAL = re.compile(f"[\ud800-\udfff{BYTE_ORDER_MARK}]")
"""Matches bytes that were not UTF-8 (decoded as lone surrogates) and byte order marks."""


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


def read_pairs(encoded: bytes) -> Pairs:
    """Parse `a=1&b=2`, the syntax of query strings and form bodies.

    Vendor: «параметр1=значение1&параметр2=значение2&...».

    Raises:
        InvalidParameters: there are too many parameters.
    """
    pairs = Pairs()
    if not encoded:
        return pairs
    text = encoded.decode(errors="surrogateescape")
    is_plain = text.isascii() or not _UNUSUAL.search(text)
    pieces = text.split("&")
    check_count(len(pieces))
    for piece in pieces:
        name, _, value = piece.partition("=")
        if is_plain and "%" not in piece and "+" not in piece:
            if not name.isidentifier():
                name = bare_name(name)
            if name and name not in pairs.values:
                pairs.values[name] = value
            elif name:
                pairs.add(name, value)
        else:
            _take_encoded(pairs, name, value)
    return pairs


def _take_encoded(pairs: Pairs, name: str, value: str) -> None:
    if not name.isascii() or not name.isidentifier():
        name = bare_name(unquote(name.replace("+", " ").encode(errors="surrogateescape").decode(errors="replace")))
    if not name:
        return
    try:
        pairs.add(name, _decode(value))
    except ValueError as fault:
        note_broken(pairs, name, fault)


def _decode(text: str) -> str:
    encoded = text.replace("+", " ").encode()  # raises for bytes that are not UTF-8, which came as lone surrogates
    if _BROKEN_PERCENT.search(text):
        raise BrokenPercentError
    return _ESCAPED.sub(_unescaped, encoded).decode().lstrip(BYTE_ORDER_MARK)


def _unescaped(run: re.Match[bytes]) -> bytes:
    """Return the bytes of a run of `%XX` escapes, such as a Cyrillic word."""
    return bytes.fromhex(run[0].replace(b"%", b" ").decode())


def read_body(content_type: str, body: bytes, *, reads_json: bool = False) -> Pairs:
    """Parse the body of a form, urlencoded or multipart; a body without a type is parsed as urlencoded.

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
            raise _not_utf_8()
        text = without_byte_order_mark(body).strip(b"\r\n")
        is_quoted = len(text) > 1 and text[:1] == text[-1:] and text[:1] in _QUOTES
        pairs = read_pairs(text[1:-1] if is_quoted else text)
        _check_names(pairs)
        return pairs
    if kind == b"multipart/form-data" and b"boundary" in options:
        pairs = read_multipart(options[b"boundary"], without_byte_order_mark(body))
        _check_names(pairs)
        return pairs
    raise _unsupported_type(kind, reads_json=reads_json)


def _unsupported_type(kind: bytes, *, reads_json: bool) -> UnreadableBody:
    """Return the refusal of a body of a type that is not parsed, or not without a boundary."""
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


def _check_names(pairs: Pairs) -> None:
    """Check that no name has a null byte, as all names in a body in UTF-16 have.

    Raises:
        UnreadableBody: a name has a null byte.
    """
    if any("\0" in name for names in (pairs.values, pairs.broken) for name in names):
        raise _not_utf_8()


def _not_utf_8() -> UnreadableBody:
    return UnreadableBody(
        ru="оно не в кодировке UTF-8 или содержит нулевые байты", en="it is not in UTF-8, or it has null bytes"
    )


def read_json_object(body: bytes) -> Pairs | None:
    """Return the parameters in a JSON object, or `None` if the body is not one; a list becomes `a,b,c`.

    Ours: the Content-Type is ignored, since some sites send JSON with the Content-Type of a form, and a refusal would
    lose the lead. A body that begins like a JSON object is never parsed as a form.

    Raises:
        InvalidParameters: there are too many parameters.
        UnreadableBody: a body that begins like a JSON object is malformed or has a name that is not in UTF-8, or a name
            has a null byte.
    """
    text = without_byte_order_mark(body).strip()
    if not text.startswith(b"{"):
        return None
    try:
        members = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError) as fault:
        if _JSON_START.match(text) is None:
            return None
        raise _malformed_json(text, fault) from fault
    check_count(len(members))
    pairs = Pairs()
    for name, value in members.items():
        try:
            pairs.add(bare_name(name), _json_text(value))
        except UnicodeDecodeError as fault:
            note_broken(pairs, bare_name(name), fault)
    _check_names(pairs)
    return pairs


def _malformed_json(body: bytes, fault: Exception) -> UnreadableBody:
    """Return the refusal of a JSON object; it says what is wrong and, if the encoding is valid, where."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return UnreadableBody(ru="JSON не в кодировке UTF-8", en="the JSON is not in UTF-8")
    found = _AT_BYTE.search(str(fault))
    number = int(found[1]) + 1 if found is not None else 0
    ru, en = (f", байт {number}", f" at byte {number}") if number else ("", "")
    return UnreadableBody(ru=f"в JSON ошибка{ru}", en=f"the JSON is malformed{en}")


def _json_text(value: msgspec.Raw) -> str:
    """Return a JSON value as a form would send it; the values of a list that are not null are joined with commas."""
    if not bytes(value).lstrip().startswith(b"["):
        return _json_scalar(value)
    parts = msgspec.json.decode(value, type=list[msgspec.Raw])
    return ",".join(_json_scalar(part) for part in parts if bytes(part).strip() != b"null")


def _json_scalar(value: msgspec.Raw) -> str:
    """Return a JSON string as its text, null as an empty string, and any other value as written.

    Ours: the `.0` that pandas and PHP write after a whole number is dropped: `5.0` names the request 5.
    """
    written = bytes(value).strip().decode()
    if written.startswith('"'):
        return str(msgspec.json.decode(written))
    if (whole := _WHOLE_FLOAT.fullmatch(written)) is not None:
        return "0" if whole[1] == "-0" else whole[1]
    return "" if written == "null" else written
