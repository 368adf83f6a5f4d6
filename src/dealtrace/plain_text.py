"""Clean strings: remove invisible characters, decode escapes, and replace digits, dashes, blanks and symbols."""

import html
import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""The sign with which files and bodies in UTF-8 may begin."""
_ESCAPES_MAX = 3
"""Ours: how many times a string is unescaped; a string that was escaped more often stays partly escaped."""
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});")
_ENCODED_PLUS = re.compile("%2B", re.IGNORECASE)
_LINE_ENDS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_UNDRAWN = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Characters that are invisible although Unicode classifies them as letters or symbols."""
_PLUSES = frozenset("+\N{HEAVY PLUS SIGN}")
_SIGNS_OF_ONE_KIND = {"Cf": "", "Cc": "", "Mn": "", "Me": "", "Pd": "-"}
SIGN = "•"
"""Stands for a sign that is neither a letter nor a digit, such as `№`, `™`, `☎` or an emoji."""
LETTER_SIGN = "\N{REPLACEMENT CHARACTER}"
"""Stands for a sign that may mean a letter or digit, such as `ⓘ`, `²` or `Ⅳ`, hides one, or could not be decoded."""
MASKS = frozenset("•●○◦∙·⋅‧・×■□▪▫█▇▒░▓◼◾⬛◯⚫⬤∗⁎✱✲✳❋＊")
"""Signs with which programs and people replace letters or digits that they want to hide."""
_KEPT = frozenset("«»‹›„“”–—’‘。")
"""Signs that stay as they are: quotation marks, dashes, and the `。` that may be a dot of an e-mail."""
_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lo", "Lm", "Nd", "Mn", "Mc"})
_LOST = frozenset({"Cn", "Co", "Cs", "Me", "No", "Nl"})
_RAISED = ("<super>", "<sub>", "<circle>", "<square>", "<fraction>")
"""The kinds of compatibility characters in Unicode that do not look like letters of a word."""
_LETTERLIKE = range(0x2100, 0x2150)
_ENCLOSED = range(0x1F100, 0x1F200)
_SELECTORS = range(0xFE00, 0xFE10)
"""Characters that choose between the forms of the character before them; they are invisible."""
_CHARACTERS_CACHED = 4096


def unescape(text: str) -> str:
    """Return a string with percent-encoding and HTML entities decoded, as in `%2B7…`, `&#43;7…` and `%252B7…`.

    If the string contains an encoded plus, its unencoded pluses become spaces, as in a URL-encoded form:
    `%2B7+920+555-00-55`.
    """
    for _ in range(_ESCAPES_MAX):
        if _ENCODED_PLUS.search(text) is not None:
            text = text.replace("+", " ")
        unescaped = _ESCAPED.sub(lambda escaped: html.unescape(unquote(escaped[0])), text)
        if unescaped == text:
            break
        text = unescaped
    return text


def folded(text: str) -> str:
    """Return a string in lower case, without invisible characters, and with compatibility characters replaced."""
    if text.isascii() and text.isprintable():
        return text.lower()
    text = "".join(map(_visible, text))
    while (changed := unicodedata.normalize("NFKC", text.lower())) != text:
        text = changed
    return text


def visible(text: str) -> str:
    """Return a string without invisible characters; every blank becomes a space, every line end becomes a line feed."""
    return text if text.isascii() and text.isprintable() else "".join(map(_visible, text))


def stripped(text: str) -> str:
    """Return a string without blanks and invisible characters at its ends."""
    if text.isascii():
        return text.strip()
    shown = [position for position, character in enumerate(text) if _visible(character).strip()]
    return text[shown[0] : shown[-1] + 1] if shown else ""


def is_blank(text: str) -> bool:
    """Return whether a string has no visible character."""
    return not text or text.isspace() or (not text.isascii() and not any(_visible(sign).strip() for sign in text))


def plain(text: str) -> str:
    """Return a string without invisible characters, and with all digits, pluses, dashes, blanks and line ends in ASCII.

    Superscript and subscript digits are not converted, since they mark footnotes.
    """
    return text if text.isascii() and text.isprintable() else "".join(map(_plain, text))


def replace_signs(text: str) -> str:
    """Return a string with non-ASCII symbols, such as `№` or an emoji, replaced by `SIGN` or `LETTER_SIGN`.

    Letters, quotation marks, dashes and other forms of ASCII punctuation, such as a full-width `＠`, are kept.
    """
    return text if text.isascii() else "".join(map(_letter_or_sign, text))


@lru_cache(_CHARACTERS_CACHED)
def _visible(character: str) -> str:
    if character in _LINE_ENDS:
        return "\n"
    if character.isspace() or character in _UNDRAWN:
        return " "
    return "" if unicodedata.category(character) in {"Cf", "Cc"} else character


@lru_cache(_CHARACTERS_CACHED)
def _plain(character: str) -> str:
    visible = _visible(character)
    if visible != character or visible in " \n":
        return visible
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    compatible = unicodedata.normalize("NFKC", character)
    if compatible in _PLUSES:
        return "+"
    if compatible == "\N{MINUS SIGN}":
        return "-"
    is_kept = category == "No" or len(compatible) > 1
    return _SIGNS_OF_ONE_KIND.get(category, character if is_kept else compatible)


@lru_cache(_CHARACTERS_CACHED)
def _letter_or_sign(character: str) -> str:
    if character in MASKS:
        return LETTER_SIGN
    code, category = ord(character), unicodedata.category(character)
    if character.isascii() or character in _KEPT or category[0] == "Z" or category in {"Cf", "Cc"}:
        return character
    if code in _SELECTORS:
        return ""
    compatible = unicodedata.normalize("NFKC", character)
    is_drawn_apart = unicodedata.decomposition(character).startswith(_RAISED) or code in _LETTERLIKE
    if category in _LETTERS and not is_drawn_apart:
        return character
    letters = sum(map(str.isalnum, compatible))
    if category not in _LETTERS | _LOST and compatible.isascii() and not letters:
        return character  # as the full-width @
    is_letter = letters == 1 or category in _LETTERS | _LOST or code in _ENCLOSED or character == LETTER_SIGN
    return LETTER_SIGN if is_letter else SIGN
