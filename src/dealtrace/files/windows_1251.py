"""Tell text in Windows-1251 from text in other Cyrillic encodings, which can be decoded as Windows-1251 too.

Ours: a wrong guess would store names that nobody can read, so a file that does not look like Russian, Ukrainian or
Belarusian text is refused. Strange signs show that an encoding is wrong, but words written only in capitals, or only in
small letters, may contain no such signs. Therefore the words of a file are also decoded in the other encodings: the
file is refused if the sequences of letters are then much more typical of Russian. Mac-Cyrillic shares most small
letters with Windows-1251, so only the words that differ are compared: `мария` and `олексій` become `мариЯ` and
`олексґй`.
"""

import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from dealtrace.record import record

CODEC = "cp1251"
BLOCK_BYTES = 1 << 20
LETTERS_PER_STRANGE_SIGN = 20
"""A text is Windows-1251 only if it has at least this many letters for each sign that is unusual in Russian text."""
WORDS_PER_STRANGE_WORD = 10
"""A text is Windows-1251 only if it has at least this many words for each strange word.

Words are strange if they have a capital after a small letter, or both Latin and Cyrillic letters.
"""
WORDS_MAX = 2_000
"""The maximum number of different words of a file that are decoded in other encodings."""
EVIDENCE_MAX = 10
"""The evidence for another encoding (the difference of scores) above which a text does not count as Windows-1251.

Ours: in doubt, a text counts as Windows-1251. The evidence is 20 or more for three names in KOI8-R and at most 10 for a
single name in Windows-1251 (`БОЙЧО`). Each ordinary word beside such a name lowers the evidence. Words that may be
abbreviations, such as `ЧТПЗ` and `ФГБУ`, count half. A text with a high score in Windows-1251 needs more evidence.
"""
_OWN_SCORE_PER_EVIDENCE = 4
"""The evidence must also exceed the score of the text in Windows-1251 divided by this number."""
MAC_EVIDENCE_MAX = 5
"""The evidence for Mac-Cyrillic above which a text does not count as Windows-1251.

Ours: the threshold is low, so that one wrong word such as `мариЯ` is enough. Real Windows-1251 stays below it, because
each small я, ё and і and nearly each capital in it lowers the evidence.
"""
STRANGE = -6
"""How much each sign or capital in a place where Russian words have none changes the score of a text."""
RARE = -3
"""How much the letter ё changes the score of a text in another encoding, because most people write е instead."""
_OTHERS = ("koi8-r", "iso8859-5", "cp866")
_MAC = "mac-cyrillic"
_UTF_8_LEAD_MIN = 0xC2

_CAPITAL, _SMALL = "А-ЯЁІЇЄҐЎ", "а-яёіїєґў"
_USUAL = "\u00a0«»–—…№°“”„‘’"
_NO_LETTER = re.compile(f"[^{_CAPITAL}{_SMALL}]+")
_USUAL_SIGNS = re.compile(f"[\x00-\x7f{_CAPITAL}{_SMALL}{_USUAL}]+")
_GLUED_SIGN = re.compile(f"(?<![{_CAPITAL}{_SMALL}])[…“”„‘’–—][{_SMALL}]")
"""A sign at the beginning of a word, as when Mac-Cyrillic text is decoded as Windows-1251: С, Т and У become signs."""
_SIGN_IN_PLACE = re.compile(r"(?<=[0-9])[\u00a0 ]?€|€(?=[\u00a0 ]?[0-9])|(?<=[A-Za-z])[®™]")
"""A euro sign next to a number, or a trademark sign after a Latin word; both are common in Russian text."""
_CAPITAL_WITHIN = re.compile(f"[{_SMALL}][{_CAPITAL}]")
_LATIN_BESIDE = re.compile(f"[A-Za-z][{_CAPITAL}{_SMALL}]|[{_CAPITAL}{_SMALL}][A-Za-z]")
"""A Latin letter next to a Cyrillic one, as when `Müller` in Windows-1252 is decoded as Windows-1251: `Mьller`."""
_WORDS_JOINED = re.compile(f"(?:[{_CAPITAL}][{_SMALL}]+)+")
"""Capitalised words written together, such as МегаФон."""
_UTF_8_WORD = re.compile(rb"(?:\xd0[\x81\x90-\xbf]|\xd1[\x80-\x8f\x91]){2}")
"""Two Cyrillic letters in UTF-8; in Windows-1251, these bytes would be a capital, a sign, a capital and a sign."""
_LETTER = "".join(sign for code in range(0x80, 0x100) if (sign := bytes([code]).decode(CODEC, "replace")).isalpha())
_WORD = re.compile(b"[%s]{2,64}" % _LETTER.encode(CODEC))
"""A word of non-ASCII letters in Windows-1251."""
_TELLING_LENGTH_MIN = 4
"""Shorter words are mostly abbreviations, which may have any letters; they are evidence only for Mac-Cyrillic."""
_ABBREVIATION_LENGTH_MAX = 5
_LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
_UKRAINIAN = "іїєґ"
_NEIGHBOURS = {"ё": "е", "і": "и", "ї": "и", "є": "е", "ґ": "г", "ў": "в"}
"""Maps letters that have no row in `_FOLLOWING` to the letter whose row is used."""
_FOLLOWING = (
    "065655535506565565654532432000433",
    "714645435345656146563342331000035",
    "573110711604504706206034104453023",
    "770233601704516614532011212053003",
    "670225600602535806116000000000000",
    "670432732703445726315111110044002",
    "613745534255657436561433322000001",
    "463027702705037500406000000002000",
    "583635520603456614205000100055003",
    "533445524366667445660443631000025",
    "901005001005544212550003221000002",
    "670200401601503805556002010001000",
    "572021720704413700224010200047055",
    "773210700702143741405000100044004",
    "670135620704005700554203200063004",
    "505855434345656246551432430000003",
    "560000600602502847325000010032002",
    "673444630604345731555230131044034",
    "562403600607644653574030300044005",
    "670502700604234736505000300046012",
    "645456455336655056750352544000050",
    "560000702701410716344210000024010",
    "770310500602405706145301000010100",
    "660500700706420700305303200050100",
    "860010700604006201043000010003000",
    "570300700706636500045020002002000",
    "161111811811113311116111111311111",
    "333333833333333333333333333353338",
    "715535603375654044550050440001000",
    "802434704404056110650213243000026",
    "314327111156766146371411131111131",
    "726436244026634026370023616000002",
    "804533525016346104560033532000043",
)
"""How often one letter follows another in Russian, on a logarithmic scale from 0 (never) to 9 (always).

Each step down means 0.43 times as often. There is a row for each first letter and a digit for each second letter, both
in the order of the alphabet without ё. The first row stands for the beginning of a word, the first digit of a row for
its end. The frequencies were counted in Russian names, addresses, company names and texts.
"""


@record
class ByteLetters:
    """The meaning of each byte in an encoding.

    `letters` has the number of the byte's letter in the alphabet, or 0 for other signs. `costs` is what the byte adds
    to the score of a text (0 or less), and `capitals` says whether it is a capital letter.
    """

    letters: tuple[int, ...]
    costs: tuple[int, ...]
    capitals: tuple[bool, ...]

    def differs(self, word: bytes, other: "ByteLetters") -> bool:
        """Return whether a word has different letters, costs or capitals in the other encoding."""
        return any(
            (self.letters[byte], self.costs[byte], self.capitals[byte])
            != (other.letters[byte], other.costs[byte], other.capitals[byte])
            for byte in word
        )

    def score(self, words: Iterable[bytes]) -> int:
        """Return a score for how typical of Russian words are; only scores of the same words can be compared."""
        return sum(map(self._score_of, words))

    def _score_of(self, word: bytes) -> int:
        letters = [0, *(self.letters[byte] for byte in word), 0]
        following = sum(int(_FOLLOWING[first][second]) for first, second in pairwise(letters) if first or second)
        within = sum(
            self.capitals[second] and self.letters[first] > 0 and not self.capitals[first]
            for first, second in pairwise(word)
        )
        return following + sum(self.costs[byte] for byte in word) + STRANGE * within


def _reading(encoding: str) -> ByteLetters:
    """Return the meaning of each byte in an encoding.

    Ukrainian letters are accepted only in Windows-1251 and Mac-Cyrillic, and Belarusian letters and signs such as
    quotation marks only in Windows-1251: in Mac-Cyrillic, the bytes that are capitals in Windows-1251 are such signs.
    """
    signs = [bytes([code]).decode(encoding, "replace") for code in range(256)]
    small = [sign.lower() for sign in signs]
    is_own = encoding == CODEC
    known, usual = (_LETTERS + "".join(_NEIGHBOURS), _USUAL) if is_own else (f"{_LETTERS}ё", "")
    if encoding == _MAC:
        known += _UKRAINIAN
    letters = [_LETTERS.index(_NEIGHBOURS.get(sign, sign)) + 1 if sign in known else 0 for sign in small]
    costs = [
        (RARE if sign == "ё" and not is_own else 0) if letter or sign.isascii() or sign in usual else STRANGE
        for sign, letter in zip(small, letters, strict=True)
    ]
    return ByteLetters(tuple(letters), tuple(costs), tuple(map(str.isupper, signs)))


_OWN_READING, _MAC_READING, _OTHER_READINGS = _reading(CODEC), _reading(_MAC), tuple(map(_reading, _OTHERS))


def _is_better_otherwise(words: Iterable[bytes]) -> bool:
    """Return whether words are much more typical of Russian in another encoding than in Windows-1251."""
    ordinary: list[bytes] = []
    abbreviations: list[bytes] = []
    for word in words:
        if len(word) < _TELLING_LENGTH_MIN:
            continue
        (abbreviations if _may_be_abbreviation(word) else ordinary).append(word)
    own, own_of_abbreviations = _OWN_READING.score(ordinary), _OWN_READING.score(abbreviations)
    most = max(EVIDENCE_MAX, (own + own_of_abbreviations) // _OWN_SCORE_PER_EVIDENCE)
    return any(
        reading.score(ordinary) - own + (reading.score(abbreviations) - own_of_abbreviations) / 2 > most
        for reading in _OTHER_READINGS
    )


def _is_mac_cyrillic(words: Iterable[bytes]) -> bool:
    """Return whether words that differ in Windows-1251 and Mac-Cyrillic are more typical of Russian in Mac-Cyrillic."""
    telling = [word for word in words if _OWN_READING.differs(word, _MAC_READING)]
    return _MAC_READING.score(telling) - _OWN_READING.score(telling) > MAC_EVIDENCE_MAX


def _may_be_abbreviation(word: bytes) -> bool:
    return len(word) <= _ABBREVIATION_LENGTH_MAX and all(_OWN_READING.capitals[byte] for byte in word)


def is_windows_1251(path: Path) -> bool:
    """Return whether a file that is not UTF-8 is text in Windows-1251.

    The answer is `False` in these cases:
    - Decoded as Windows-1251, the file has signs or capitals where Russian text has none. This happens with KOI8-R,
      CP866, ISO-8859-5 and Mac-Cyrillic.
    - It has words with letters of both alphabets. This happens with Windows-1252 and other European encodings.
    - Its words are much more typical of Russian in another Cyrillic encoding.
    - Some of its words are in UTF-8, or its only byte beyond ASCII is the first of the two bytes of a letter in UTF-8.
    """
    different_words: set[bytes] = set()
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
            if len(different_words) < WORDS_MAX:
                different_words.update(_WORD.findall(block)[:WORDS_MAX])
            found = [word for word in _NO_LETTER.split(text) if word]
            letters += sum(map(len, found))
            usual = _SIGN_IN_PLACE.sub("", text)
            strange_signs += len(_USUAL_SIGNS.sub("", usual)) + len(_GLUED_SIGN.findall(text))
            words += len(found)
            strange_words += sum(map(_is_strange, found)) + len(_LATIN_BESIDE.findall(text))
    is_cut = letters == 1 and last >= _UTF_8_LEAD_MIN
    is_text = strange_signs * LETTERS_PER_STRANGE_SIGN <= letters and strange_words * WORDS_PER_STRANGE_WORD <= words
    if not is_text or is_cut:
        return False
    return not _is_mac_cyrillic(different_words) and not _is_better_otherwise(different_words)


def _is_strange(word: str) -> bool:
    return _CAPITAL_WITHIN.search(word) is not None and _WORDS_JOINED.fullmatch(word) is None
