"""Tell text in Windows-1251 from text in other encodings of Cyrillic letters, which also decodes as Windows-1251.

Ours: a wrong guess stores names that nobody can read, so what does not look like Russian, Ukrainian or Belarusian
text is refused. Letters are not counted by their frequency: files of names are too short for that.
"""

import re
from pathlib import Path

CODEC = "cp1251"
BLOCK_BYTES = 1 << 20
LETTERS_PER_STRANGE_SIGN = 20
"""How many letters there must be for each sign that is neither a letter nor usual in texts."""
WORDS_PER_STRANGE_WORD = 10
"""How many words there must be for each word with capitals in odd places."""
_UTF_8_LEAD_MIN = 0xC2

_CAPITAL, _SMALL = "А-ЯЁІЇЄҐЎ", "а-яёіїєґў"
_NO_LETTER = re.compile(f"[^{_CAPITAL}{_SMALL}]+")
_USUAL_SIGNS = re.compile(f"[\x00-\x7f{_CAPITAL}{_SMALL}\u00a0«»–—…№°“”„‘’]+")
_GLUED_SIGN = re.compile(f"(?<![{_CAPITAL}{_SMALL}])[…“”„‘’–—][{_SMALL}]")
"""A sign where a word of Mac-Cyrillic has its capital, such as С, Т, У, Ц."""
_SIGN_IN_PLACE = re.compile(r"(?<=[0-9])[\u00a0 ]?€|€(?=[\u00a0 ]?[0-9])|(?<=[A-Za-z])[®™]")
"""A currency sign beside a number, or a trademark behind a Latin word."""
_CAPITAL_WITHIN = re.compile(f"[{_SMALL}][{_CAPITAL}]")
_WORDS_JOINED = re.compile(f"(?:[{_CAPITAL}][{_SMALL}]+)+")
"""Words written together, such as МегаФон."""
_UTF_8_WORD = re.compile(rb"(?:\xd0[\x81\x90-\xbf]|\xd1[\x80-\x8f\x91]){2}")
"""Two Cyrillic letters in UTF-8; in Windows-1251 this would be a capital, a sign, a capital and a sign."""


def is_windows_1251(path: Path) -> bool:
    """Return whether a file that is not UTF-8 is text in Windows-1251.

    It is not if it has signs or capitals where Russian texts have none, as KOI8-R, CP866, ISO-8859-5 and Mac-Cyrillic
    have when read as Windows-1251; if some of its words are UTF-8; or if its only letter is half a letter of UTF-8.
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
            strange_words += sum(map(_is_strange, found))
    is_cut = letters == 1 and last >= _UTF_8_LEAD_MIN
    is_text = strange_signs * LETTERS_PER_STRANGE_SIGN <= letters and strange_words * WORDS_PER_STRANGE_WORD <= words
    return is_text and not is_cut


def _is_strange(word: str) -> bool:
    return _CAPITAL_WITHIN.search(word) is not None and _WORDS_JOINED.fullmatch(word) is None
