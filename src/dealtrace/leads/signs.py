"""Tell signs from letters: `№`, `②` and `ª` are no letters or digits, though Unicode equates them with some."""

import unicodedata
from functools import lru_cache

SIGN = "•"
"""Stands for a sign that is no letter or digit, such as `№`, `™`, `☎` or an emoji."""
LETTER_SIGN = "\N{REPLACEMENT CHARACTER}"
"""Stands for a sign that may be meant as a letter or digit, such as `ⓘ`, `²` or `Ⅳ`, or for a lost character."""
_KEPT = frozenset("«»‹›„“”–—’‘。")
"""Signs that have a meaning around or in contacts."""
_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lo", "Lm", "Nd", "Mn", "Mc"})
_LOST = frozenset({"Cn", "Co", "Cs", "Me", "No", "Nl"})
_RAISED = ("<super>", "<sub>", "<circle>", "<square>", "<fraction>")
"""The kinds of compatibility characters in Unicode that are drawn unlike letters in a word."""
_LETTERLIKE = range(0x2100, 0x2150)
_ENCLOSED = range(0x1F100, 0x1F200)
_SELECTORS = range(0xFE00, 0xFE10)
"""Characters that choose between the forms of the character before them; they are invisible."""
_CHARACTERS_CACHED = 4096


def replace_signs(text: str) -> str:
    """Return a text with `SIGN` or `LETTER_SIGN` in the place of each sign that is not ASCII or compatible with it.

    Punctuation that ASCII has too, such as a full-width `＠`, is kept.
    """
    return text if text.isascii() else "".join(map(_letter_or_sign, text))


@lru_cache(_CHARACTERS_CACHED)
def _letter_or_sign(character: str) -> str:
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
