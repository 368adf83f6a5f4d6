"""The parameters of a request: names with their decoded values."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from dealtrace.errors import InvalidParameters, UnreadableBody, Violation
from dealtrace.plain_text import BYTE_ORDER_MARK, stripped

PARAMETERS_MAX = 1000
"""Ours: the maximum number of parameters that a request may have."""

_BEFORE_NAME = re.compile(r"(?:\?|amp;|#0*38;|#[xX]0*26;|\s)+")
"""The signs before the names of parameters in a URL copied from HTML or XML, such as `?a=1&amp;b=2`."""
_ESCAPED = re.compile(b"(?:%[0-9A-Fa-f]{2})+")
_BROKEN_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_UNUSUAL = re.compile(f"[\ud800-\udfff{BYTE_ORDER_MARK}]")
"""Matches bytes that were not UTF-8 (decoded as lone surrogates) and byte order marks."""


@dataclass(slots=True)
class Pairs:
    """The parameters of a request: decoded values, and violations for values that cannot be decoded.

    `values` has the first value of each name, `further` all later values. `broken_further` has the violations of later
    values, `broken` all other violations.
    Ours: if a parameter that may not repeat is sent again, its first value counts; byte order marks before values and
    anything around names (see `bare_name`) are ignored.
    """

    values: dict[str, str] = field(default_factory=dict)
    broken: dict[str, Violation] = field(default_factory=dict)
    further: dict[str, list[str]] = field(default_factory=dict)
    broken_further: dict[str, Violation] = field(default_factory=dict)

    def overridden_by(self, other: "Pairs") -> "Pairs":
        """Return these parameters merged with `other`; for a name in both, the values in `other` count."""
        kept = {name: texts for name, texts in self.further.items() if name not in other.values}
        broken = {name: violation for name, violation in self.broken_further.items() if name not in other.values}
        return Pairs(
            {**self.values, **other.values},
            {**self.broken, **other.broken},
            {**kept, **other.further},
            {**broken, **other.broken_further},
        )

    def add(self, name: str, value: str) -> None:
        """Append a decoded value to the values of the parameter `name`."""
        if name in self.values:
            self.further.setdefault(name, []).append(value)
        else:
            self.values[name] = value

    def all_of(self, name: str) -> list[str]:
        """Return all values of a name in the order they were sent; the list is empty if the name was not sent."""
        return [self.values[name], *self.further.get(name, ())] if name in self.values else []


def bare_name(name: str) -> str:
    """Return the name of a parameter without surrounding blanks, invisible marks, and remains of `&amp;` or `?`.

    Ours: a parameter whose name was not recognised would be lost; if `orderNumber` is lost, each retry registers a
    second deal. Names with a null byte are returned unchanged, since a body in UTF-16 is recognised by them.
    """
    if "\0" in name:
        return name
    bare = stripped(name)
    found = _BEFORE_NAME.match(bare)
    return stripped(bare[found.end() :]) if found is not None else bare


def note_broken(pairs: Pairs, name: str, fault: ValueError) -> None:
    """Record a value that cannot be decoded.

    It is recorded in `broken_further` if a valid value of the same name came before, and in `broken` otherwise.
    """
    noted = pairs.broken_further if name in pairs.values else pairs.broken
    noted.setdefault(name, _violation(name, fault))


class BrokenPercentError(ValueError):
    """A `%` that is not followed by two hexadecimal digits."""


def _violation(name: str, fault: ValueError) -> Violation:
    if isinstance(fault, BrokenPercentError):
        return Violation(
            name,
            "неверное процентное кодирование: после % нужны две шестнадцатеричные цифры, сам знак % передаётся как %25",
            "invalid percent-encoding: % must be followed by two hexadecimal digits; send the sign itself as %25",
        )
    return Violation(name, "текст не в кодировке UTF-8", "must be valid UTF-8")


def check_count(count: int) -> None:
    """Check that a request does not have too many parameters.

    Raises:
        InvalidParameters: there are more than `PARAMETERS_MAX` parameters.
    """
    if count > PARAMETERS_MAX:
        raise InvalidParameters([
            Violation(
                "*",
                f"передано параметров: {count}, допускается не более {PARAMETERS_MAX}",
                f"{count} parameters were sent; at most {PARAMETERS_MAX} are allowed",
            )
        ])  # fmt: skip


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


def check_names(pairs: Pairs) -> None:
    """Check that no name has a null byte, as all names in a body in UTF-16 have.

    Raises:
        UnreadableBody: a name has a null byte.
    """
    if any("\0" in name for names in (pairs.values, pairs.broken) for name in names):
        raise not_utf_8()


def not_utf_8() -> UnreadableBody:
    """Return the refusal of a body that is not in UTF-8."""
    return UnreadableBody(
        ru="тело не в кодировке UTF-8 или содержит нулевые байты",
        en="the body is not in UTF-8, or has null bytes",
    )
