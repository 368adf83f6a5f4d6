"""Tell text in Windows-1251 from text in other Cyrillic encodings, which can be decoded as Windows-1251 too.

Ours: a wrong guess would store names that nobody can read, so a file that does not look like Russian, Ukrainian or
Belarusian text is refused. Letter frequencies are not used, because files with names are too short for that.
"""

import re
from pathlib import Path

CODEC = "cp1251"
BLOCK_BYTES = 1 << 20
LETTERS_PER_STRANGE_SIGN = 20
"""A text is Windows-1251 only if it has at least this many letters for each sign that is unusual in Russian text."""
WORDS_PER_STRANGE_WORD = 10
"""A text is Windows-1251 only if it has at least this many words for each strange word.

Words are strange if they have a capital after a small letter, or both Latin and Cyrillic letters.
"""
_UTF_8_LEAD_MIN = 0xC2

_CAPITAL, _SMALL = "А-ЯЁІЇЄҐЎ", "а-яёіїєґў"
_NO_LETTER = re.compile(f"[^{_CAPITAL}{_SMALL}]+")
_USUAL_SIGNS = re.compile(f"[\x00-\x7f{_CAPITAL}{_SMALL}\u00a0«»–—…№°“”„‘’]+")
_GLUED_SIGN = re.compile(f"(?<![{_CAPITAL}{_SMALL}])[…“”„‘’–—][{_SMALL}]")
"""A sign at the beginning of a word, as when Mac-Cyrillic text is decoded as Windows-1251: С, Т and У become signs."""
_SIGN_IN_PLACE = re.compile(r"(?<=[0-9])[\u00a0 ]?€|€(?=[\u00a0 ]?[0-9])|(?<=[A-Za-z])[®™]")
"""A euro sign beside a number, or a trademark sign after a Latin word; both are common in Russian text."""
_CAPITAL_WITHIN = re.compile(f"[{_SMALL}][{_CAPITAL}]")
_LATIN_BESIDE = re.compile(f"[A-Za-z][{_CAPITAL}{_SMALL}]|[{_CAPITAL}{_SMALL}][A-Za-z]")
"""A Latin letter beside a Cyrillic one, as when `Müller` in Windows-1252 is decoded as Windows-1251: `Mьller`."""
_WORDS_JOINED = re.compile(f"(?:[{_CAPITAL}][{_SMALL}]+)+")
"""Capitalised words written together, such as МегаФон."""
_UTF_8_WORD = re.compile(rb"(?:\xd0[\x81\x90-\xbf]|\xd1[\x80-\x8f\x91]){2}")
"""Two Cyrillic letters in UTF-8; in Windows-1251, these bytes would be a capital, a sign, a capital and a sign."""


def is_windows_1251(path: Path) -> bool:
    """Return whether a file that is not UTF-8 is text in Windows-1251.

    The answer is `False` if, decoded as Windows-1251, the file has signs or capitals where Russian text has none, which
    happens with KOI8-R, CP866, ISO-8859-5 and Mac-Cyrillic, or words of both alphabets, which happens with Windows-1252
    and other encodings of Western and Central Europe. It is also `False` if some words are in UTF-8, or if the
    only letter is the first half of a UTF-8 letter.
    """
    letters = strange_signs = words = strange_words = 0
    last = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            last = block[-1]
            try:
                text = block.decode(CODEC)
            except UnicodeDecodeError:
                return False
            if _UTF_8_WORD.search(block) is not None:
                return False
            found = [word for word in _NO_LETTER.split(text) if word]
            letters += sum(map(len, found))
            usual = _SIGN_IN_PLACE.sub("", text)
            strange_signs += len(_USUAL_SIGNS.sub("", usual)) + len(_GLUED_SIGN.findall(text))
            words += len(found)
            strange_words += sum(map(_is_strange, found)) + len(_LATIN_BESIDE.findall(text))
    is_cut = letters == 1 and last >= _UTF_8_LEAD_MIN
    is_text = strange_signs * LETTERS_PER_STRANGE_SIGN <= letters and strange_words * WORDS_PER_STRANGE_WORD <= words
    return is_text and not is_cut


def _is_strange(word: str) -> bool:
    return _CAPITAL_WITHIN.search(word) is not None and _WORDS_JOINED.fullmatch(word) is None
