"""The parameters of a request whose body is a JSON object."""

import re

import msgspec

from dealtrace.errors import UnreadableBody
from dealtrace.http.body import without_byte_order_mark
from dealtrace.http.query_string import Pairs, bare_name, check_count, check_names, note_broken

_JSON_START = re.compile(rb'\{\s*"')
_WHOLE_FLOAT = re.compile(r"(-?[0-9]+)\.0+")
_AT_BYTE = re.compile(r"\(byte ([0-9]+)\)\Z")
"""Matches the position of a fault, counted from 0, at the end of msgspec's message."""


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
    check_names(pairs)
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

    Ours: the `.0` that pandas and PHP write after a whole number is dropped: `5.0` means the request 5.
    """
    written = bytes(value).strip().decode()
    if written.startswith('"'):
        return str(msgspec.json.decode(written))
    if (whole := _WHOLE_FLOAT.fullmatch(written)) is not None:
        return "0" if whole[1] == "-0" else whole[1]
    return "" if written == "null" else written
