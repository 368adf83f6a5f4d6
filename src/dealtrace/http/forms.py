"""Query strings and form bodies, read as clients really send them: raw Cyrillic, raw brackets, broken encoding."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from dealtrace.errors import InvalidParameters, UnreadableBody, Violation

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

PARAMETERS_MAX = 1000
"""Ours: more parameters than this in one request are refused whole."""

_BROKEN_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class Pairs:
    """The parameters of a request: their decoded values, and those whose values cannot be decoded.

    Ours: of a repeated parameter the first counts.
    """

    values: dict[str, str] = field(default_factory=dict)
    broken: dict[str, Violation] = field(default_factory=dict)

    def overridden_by(self, other: "Pairs") -> "Pairs":
        """Merge with a body's parameters, which win over the query's."""
        return Pairs({**self.values, **other.values}, {**self.broken, **other.broken})


def read_pairs(encoded: bytes) -> Pairs:
    """Read `a=1&b=2` as a query or a form body has it.

    Seed: «параметр1=значение1&параметр2=значение2&...».

    Raises:
        InvalidParameters: too many parameters.
    """
    pairs = Pairs()
    if not encoded:
        return pairs
    text = encoded.decode(errors="surrogateescape")
    pieces = text.split("&")
    _check_count(len(pieces))
    all_utf8 = text.isascii() or not _LONE_SURROGATE.search(text)
    for piece in pieces:
        name, _, value = piece.partition("=")
        if all_utf8 and "%" not in piece and "+" not in piece:
            if name and name not in pairs.values:
                pairs.values[name] = value
        else:
            _take_encoded(pairs, name, value)
    return pairs


def _take_encoded(pairs: Pairs, name: str, value: str) -> None:
    if "%" in name or "+" in name or not name.isascii():
        name = unquote(name.replace("+", " ").encode(errors="surrogateescape").decode(errors="replace"))
    if not name or name in pairs.values:
        return
    try:
        pairs.values[name] = _decode(value)
    except ValueError as fault:
        pairs.broken.setdefault(name, _violation(name, fault))


def _decode(text: str) -> str:
    text.encode()  # bytes that are no UTF-8 came as lone surrogates; they end here
    if _BROKEN_PERCENT.search(text):
        raise BrokenPercentError
    return unquote(text.replace("+", " "), errors="strict")


class BrokenPercentError(ValueError):
    """A `%` that two hexadecimal digits do not follow."""


def _violation(name: str, fault: ValueError) -> Violation:
    if isinstance(fault, BrokenPercentError):
        return Violation(
            name,
            "неверное процентное кодирование: за % следуют две шестнадцатеричные цифры, сам знак % пишется %25",
            "broken percent-encoding: two hexadecimal digits must follow %, the sign itself is written %25",
        )
    return Violation(name, "текст не в кодировке UTF-8", "the text is not UTF-8")


def _check_count(count: int) -> None:
    if count > PARAMETERS_MAX:
        raise InvalidParameters([
            Violation(
                "*",
                f"параметров {count}, допускается не более {PARAMETERS_MAX}",
                f"{count} parameters, no more than {PARAMETERS_MAX} are allowed",
            )
        ])  # fmt: skip


def read_body(content_type: str, body: bytes) -> Pairs:
    """Read the body of a form, urlencoded or multipart; a body without a type is read as urlencoded.

    Ours: multipart is taken as browsers send it; other types are refused, because guessing would lose data.

    Raises:
        UnreadableBody: another type, another charset than UTF-8, or a multipart body that breaks its own rules.
        InvalidParameters: too many parameters.
    """
    if not body:
        return Pairs()
    kind, options = parse_options_header(content_type)
    charset = (options.get(b"charset") or b"utf-8").decode("latin-1").lower()
    if charset not in ("utf-8", "utf8"):
        raise UnreadableBody(ru=f"кодировка {charset}, нужна UTF-8", en=f"charset {charset}, UTF-8 is needed")
    if kind in (b"", b"application/x-www-form-urlencoded"):
        return read_pairs(body.strip(b"\r\n"))
    if kind == b"multipart/form-data" and b"boundary" in options:
        return _read_multipart(options[b"boundary"], body)
    if kind == b"multipart/form-data":
        raise UnreadableBody(ru="в Content-Type нет boundary", en="its Content-Type has no boundary")
    shown = kind.decode("latin-1")
    raise UnreadableBody(
        ru=f"Content-Type {shown}, нужен application/x-www-form-urlencoded или multipart/form-data",
        en=f"Content-Type {shown}, application/x-www-form-urlencoded or multipart/form-data is needed",
    )


def _read_multipart(boundary: bytes, body: bytes) -> Pairs:
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, parts.callbacks())
        parser.write(body)
        parser.finalize()
    except FormParserError as fault:
        raise UnreadableBody(
            ru="части multipart не разобраны", en="the multipart parts cannot be told apart"
        ) from fault
    if not parts.ended:
        raise UnreadableBody(ru="multipart оборван", en="the multipart body ends too early")
    return parts.pairs


class _Parts:
    """Collects the parts of a multipart body as its parser meets them; files are passed over."""

    def __init__(self) -> None:
        self.pairs = Pairs()
        self.ended = False
        self._count = 0
        self._header_name = b""
        self._header_value = b""
        self._disposition = b""
        self._content = bytearray()

    def callbacks(self) -> "MultipartCallbacks":
        """Tell the parser whom to call."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._take_header_name,
            "on_header_value": self._take_header_value,
            "on_header_end": self._end_header,
            "on_part_data": self._take_content,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self._count += 1
        _check_count(self._count)
        self._disposition = b""
        self._content = bytearray()

    def _take_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _take_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _take_content(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def _end(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode(errors="replace")
        if not name or b"filename" in options or name in self.pairs.values:
            return
        try:
            self.pairs.values[name] = self._content.decode()
        except UnicodeDecodeError as fault:
            self.pairs.broken.setdefault(name, _violation(name, fault))

    def _finish(self) -> None:
        self.ended = True
