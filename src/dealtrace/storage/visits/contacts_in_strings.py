"""Find and hide the phones and e-mails of a person in strings such as URLs and UTM tags, escaped or not."""

import re
from collections.abc import Collection

from dealtrace.attribution.public_suffixes import has_public_suffix

HIDDEN = "•••"
_NATIONAL_DIGITS = 10
_RUSSIAN = re.compile("7[0-9]{10}")
_BETWEEN_DIGITS = r"[-\s()._+/\u2010-\u2015\u200b\u2060\ufeff]{0,4}"
"""Separators within a phone: brackets, dashes, all blanks of Unicode, and blanks without a width."""
_ESCAPED = "%[0-9A-F]{2}"
_ESCAPED_ONCE = re.compile(f"(?:{_ESCAPED})+", re.IGNORECASE)
_ESCAPED_OFTEN = re.compile("(?:%(?:25)*[0-9A-F]{2})+", re.IGNORECASE)
"""Finds escaped characters also in a URL within a URL, which escapes the sign `%` itself again."""
_ENCODING = ("utf-8", "surrogateescape")
_LABELS_SEARCHED = 8
_FURTHER_LABELS = re.compile(rf"(?:\.[\w-]{{1,63}}){{0,{_LABELS_SEARCHED}}}\.?({_ESCAPED})?", re.IGNORECASE)
"""Finds what may go on with the host of an address, such as `.com`, and an escape that may go on with that."""
_LONGER_ENDINGS = frozenset({"com", "net", "org"})
_ENDINGS_OF_FILES = frozenset({"ai", "cc", "md", "mk", "ml", "mm", "pl", "pm", "ps", "py", "rs", "sh", "so"})
"""The codes of countries that more often end the name of a file."""
_COUNTRY_LENGTH = 2
Span = tuple[int, int]


def pattern_of_contacts(contacts: Collection[str]) -> re.Pattern[str] | None:
    """Return a regular expression that finds contacts, given in normal form, for `hide_in`; `None` without contacts.

    Ours: a phone is found with and without separators. A phone of another country that ends with the same ten digits
    is hidden too if a separator precedes them.
    """
    patterns = [_pattern_of(contact) for contact in sorted(contacts)]
    return re.compile(f"(?:{'|'.join(patterns)})(?!{_ESCAPED})", re.IGNORECASE) if patterns else None


def hide_in(text: str, sought: re.Pattern[str], hidden: str = HIDDEN) -> str:
    """Return a string with `hidden` in place of each contact that `sought`, from `pattern_of_contacts`, finds.

    Contacts are found in the string as it is, and with its escaped characters decoded once or, in URLs within URLs, as
    often as they were escaped. The rest of the string stays escaped. An e-mail address that is only a part of a longer
    address, such as `news%2Bivan@ya.ru` or `ivan@ya.ru.com`, belongs to somebody else and stays. The time is linear in
    the length.

    Ours: hiding too much is better than too little. The host of an address goes on only up to a last label of `com`,
    `net`, `org` or the code of a country, in small letters, that is no usual ending of files: in `ivan@ya.ru.html`,
    `ivan@ya.ru.md`, `ivan@ya.ru.shop` and `ivan@ya.ru.Is` the address is hidden.
    """
    found = _spans_in(text, sought)
    if "%" in text:
        found += _spans_in_decoded(text, _ESCAPED_ONCE, sought) + _spans_in_decoded(text, _ESCAPED_OFTEN, sought)
    pieces, end = list[str](), 0
    for first, last in _merged(found):
        pieces += (text[end:first], hidden)
        end = last
    return "".join((*pieces, text[end:]))


def _pattern_of(contact: str) -> str:
    if contact.isdecimal():
        country = f"(?:[78]{_BETWEEN_DIGITS})?" if _RUSSIAN.fullmatch(contact) else ""
        return rf"(?:\+|(?<![0-9])){country}{_BETWEEN_DIGITS.join(national_digits(contact))}(?![0-9])"
    return rf"(?<![\w.+-]){re.escape(contact)}(?![\w-])"


def national_digits(phone: str) -> str:
    """Return the digits of a phone that are the same in all its spellings."""
    return phone[-_NATIONAL_DIGITS:] if _RUSSIAN.fullmatch(phone) else phone


def _spans_in(text: str, sought: re.Pattern[str]) -> list[Span]:
    return [match.span() for match in sought.finditer(text) if "@" not in match[0] or not _goes_on(text, match.end())]


def _goes_on(text: str, end: int) -> bool:
    """Return whether the host of an address goes on behind `end`, or may do so once an escape is decoded."""
    further = _FURTHER_LABELS.match(text, end)
    assert further is not None, "the pattern matches an empty string too"
    return further[1] is not None or _ends_host(further[0].rstrip(".").rpartition(".")[2])


def _ends_host(label: str) -> bool:
    if len(label) == _COUNTRY_LENGTH and label.islower() and label not in _ENDINGS_OF_FILES:
        return has_public_suffix(label)
    return label in _LONGER_ENDINGS


def _spans_in_decoded(text: str, escaped: re.Pattern[str], sought: re.Pattern[str]) -> list[Span]:
    """Return the spans of `text` whose characters, with those that `escaped` finds decoded, are a contact."""
    pieces, positions, end = list[str](), list[int](), 0
    for run in escaped.finditer(text):
        decoded, within = _decoded(run[0])
        pieces += (text[end : run.start()], decoded)
        positions += range(end, run.start())
        positions += (run.start() + position for position in within)
        end = run.end()
    pieces.append(text[end:])
    positions += range(end, len(text) + 1)
    return [(positions[first], positions[last]) for first, last in _spans_in("".join(pieces), sought)]


def _decoded(run: str) -> tuple[str, list[int]]:
    """Decode a run of escaped bytes; also return where in the run each character begins."""
    tokens = run.split("%")[1:]
    decoded = bytes.fromhex("".join(token[-2:] for token in tokens)).decode(*_ENCODING)
    starts, start = list[int](), 0
    for token in tokens:
        starts.append(start)
        start += len(token) + 1
    if decoded.isascii():
        return decoded, starts
    positions, octet = list[int](), 0
    for character in decoded:
        positions.append(starts[octet])
        octet += len(character.encode(*_ENCODING))
    return decoded, positions


def _merged(spans: Collection[Span]) -> list[Span]:
    """Return spans in order, those that overlap as a single span."""
    merged: list[Span] = []
    for first, last in sorted(spans):
        if merged and first < merged[-1][1]:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return merged
