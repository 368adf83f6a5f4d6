"""Find the phone numbers in a string: remove everything around them, and separate them from each other."""

import re
from collections.abc import Callable, Iterator

from dealtrace.leads.phones.numbering_plans import (
    LENGTH_MAX,
    RUSSIA,
    bare_foreign,
    is_assigned_in_russia,
    is_short,
    valid_foreign,
)
from dealtrace.plain_text import MASKS, plain, unescape
from dealtrace.record import record

_EXTENSION = "#"
_FAULT = "\0"
"""A character that makes the digits next to it unusable; texts do not contain it, since `plain` removes it."""
_LETTER = r"[^\W\d_]"
_LOOK_ALIKE = "[OoОоΟοQDlLIiЗзбbBSsZz]"
"""Letters that look like digits."""


@record
class Wrapping:
    """A kind of text that may surround or interrupt a phone number: an example, a pattern, and its replacement.

    A string without `sign` cannot match the pattern; checking for `sign` first saves most of the time.
    """

    example: str
    pattern: re.Pattern[str]
    becomes: str | Callable[[re.Match[str]], str]
    sign: str = ""

    def remove(self, text: str) -> str:
        """Return the string with `becomes` in place of every match of the pattern."""
        return self.pattern.sub(self.becomes, text) if self.sign in text else text


def _exact(scientific: re.Match[str]) -> str:
    """Return a number in scientific notation as plain digits, or `_FAULT` if digits may have been rounded away."""
    whole, decimals, exponent = scientific[1], scientific[2], int(scientific[3])
    is_exact = len(decimals.rstrip("0")) <= exponent <= len(decimals)
    return whole + decimals[:exponent] if is_exact else _FAULT


def _mailbox(address: re.Match[str]) -> str:
    """Return the replacement for an e-mail: a separator, or `_FAULT` if the part before the @ has digits.

    Such digits may be part of a phone next to the e-mail.
    """
    return _FAULT if re.search("[0-9]", address[1]) else ";"


def _without_zero(zero: re.Match[str]) -> str:
    """Return the replacement for a `.0`: a separator, or `_FAULT` if the `.0` may be part of a foreign number."""
    written = _NUMBER_BEFORE.search(zero.string[max(0, zero.start() - _NUMBER_SEARCHED) : zero.start()])
    digits, is_stated = _stated(written[0], "") if written is not None else ("", False)
    is_part = is_stated and len(digits) <= LENGTH_MAX and not _is_complete(digits, is_stated=True)
    return _FAULT if is_part else ";"


def _without_zeros(zeros: re.Match[str]) -> str:
    """Return a number without the `.00` of an amount at its end; return `_FAULT` if the `.00` may be part of the phone.

    The `.00` is part of the phone, and stays, if the phone is incomplete without it, as in `8-800-200-00.00`.
    """
    digits, is_stated = _stated(zeros[1], zeros.string[: zeros.start()])
    if _is_russian(digits):
        return f"{zeros[1]};"
    is_whole = _is_complete(f"{digits}00", is_stated=is_stated)
    if _is_complete(digits, is_stated=is_stated):
        return _FAULT if is_whole else f"{zeros[1]};"
    return zeros[0] if is_whole else f"{zeros[1]}{_FAULT if is_stated and len(digits) <= LENGTH_MAX else ';'}"


def _extension_mark(sign: re.Match[str]) -> str:
    """Return the replacement for an `x` before an extension: a mark, or `_FAULT` if the `x` may be inside a number.

    Ours: the `x` may be inside a number if the digits directly before and after it together are a Russian number after
    a 7 or 8, as in `3514. 848553x82808`, which may be an order and a phone. In `8 3514 848553x82808` the number is
    complete before the `x`, and so are the ten digits in `8342234567x1`.
    """
    written = _NUMBER_BEFORE.search(sign.string[max(0, sign.start() - _NUMBER_SEARCHED) : sign.start()])
    behind = _DIGITS.match(sign.string, sign.end())
    if written is None or behind is None or _is_russian(re.sub("[^0-9]", "", written[0])):
        return _EXTENSION
    last_group = re.split("[^0-9]", written[0])[-1]
    is_within = _is_russian(f"{last_group}{behind[0]}") and not is_assigned_in_russia(last_group)
    return _FAULT if is_within else _EXTENSION


def _stated(written: str, before: str) -> tuple[str, bool]:
    """Return the digits of a number, without an exit code, and whether they begin with a country code.

    The zero of `+44 (0) 20` is left out, because it is not dialled from abroad; in Italy it is dialled, so it is kept.
    """
    (whole, abroad), before = map(_digits, (written, _TRUNK_ZERO.sub("", written))), before.rstrip()
    exit_code = _EXIT_CODE.match(whole) if not before.endswith("~") else re.match("10", whole)
    is_stated = exit_code is not None or written.startswith("+") or before.endswith("+")
    start = exit_code.end() if exit_code is not None else 0
    keeps_zero = not is_stated or valid_foreign(whole[start:]) == whole[start:]
    return (whole if keeps_zero else abroad)[start:], is_stated


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)


def _is_russian(digits: str) -> bool:
    """Return whether digits are a Russian number after a 7 or 8."""
    return digits[:1] in {RUSSIA, "8"} and is_assigned_in_russia(digits[1:])


def _is_complete(digits: str, *, is_stated: bool) -> bool:
    if _is_russian(digits) or (not is_stated and is_assigned_in_russia(digits)):
        return True
    return (valid_foreign if is_stated else bare_foreign)(digits) == digits


def _like(example: str, pattern: str, becomes: str | Callable[[re.Match[str]], str], sign: str = "") -> Wrapping:
    return Wrapping(example, re.compile(pattern, re.IGNORECASE), becomes, sign)


_WORD_END = r"[^0-9+()\s.,-]"
_BEHIND_WORD = rf"(?:\A|(?<=\n)|(?<={_WORD_END})|(?<={_WORD_END}[\s.:])|(?<={_WORD_END}[.:,;]\s))"
_HOUR = "[0-2]?[0-9]"
_DATE = "(?:[0-3]?[0-9][.][01]?[0-9][.]20[0-9]{2}|20[0-9]{2}-[01][0-9]-[0-3][0-9])"
"""A full date: together, a date and the phone after it have too many digits to be a single phone."""
_PHONE_OR_END = "(?:(?! ?[0-9])| [78](?: ?[0-9]){10}(?! ?[0-9]))"
_END_OF_NUMBER = r"(?![0-9]|[ (]+[0-9]|[.)-][ (]*[0-9]|,[0-9])"
_WITHOUT_POINTS = r"(?<![0-9.,])((?:[0-9][ ()\[\]-]*){7,15})"
"""A number whose groups are not separated by dots; if they are, a `.00` at its end is probably the last group."""
_LONG_NUMBER = "(?:[0-9][ ().-]*){6,15}[0-9]"
_SHORT_ABROAD = r"\+ ?(?:[0-9][ ().-]*){2,5}[0-9]"
"""A number of 3 to 6 digits after a plus: in some countries, one more digit makes it complete, as in `+290 8000`."""
_NUMBER_BEFORE = re.compile(r"(?:\+ ?)?[0-9](?:[ ().\[\]-]*[0-9])*\Z")
_NUMBER_SEARCHED = 60
_DIGITS = re.compile("[0-9]+")
_EXIT_CODE = re.compile("00|810")
_TRUNK_ZERO = re.compile(r"(?<=[0-9 ])[(\[] ?0 ?[)\]]")
_RUSSIAN_GROUPS = r"[0-9]{4}|[0-9]{3}[ ()-]+[0-9]{3}"
"""The first groups of Russian numbers; a shorter group, as in `(2)+49 89 123456`, is a country code after a plus."""
_SIGN = f"[{''.join(sorted(MASKS))}]"
_MASK = (
    rf"(?<![\s\w])(?<!\A)(?<![,;:/|]){_SIGN}|(?<=[0-9])(?!×[0-9]\b){_SIGN}|(?!(?<=\s)×[0-9]\b){_SIGN}(?=[0-9])"
    rf"|{_SIGN}(?=[-.)~'])|{_SIGN}(?:\s*{_SIGN})+"
)
"""A sign that hides a digit: it is next to a digit, a separator or another such sign; elsewhere, it is a separator."""
_MARKS = _like("8 (920) 555-00-55", r"[ .()\[\]{}~'’-]+", " ")
_MARKS_ALONE = re.compile(r"[ (]{,5}\+?[0-9 ()-]{,20}")
"""Matches a number with only common marks around it; a plus after a digit is not one, since it may join two numbers."""

WRAPPINGS = (
    _like("sip:79205550055@10.0.0.1:5060", r"\bsips?:([^@\s]{0,64})@[^\s>]*", r"\1", "@"),
    _like("79205550055@c.us", r"@(?:c\.us|s\.whatsapp\.net)\b", "", "@"),
    _like("ivan@example.org, 79205550055", r"(?<![^\s@,;])([^\s@,;]*)@[^\s@,;]*", _mailbox, "@"),
    _like("7.9205550055E+10", r"(?<![\w.,])([0-9])[.,]([0-9]+)E\+?([0-9]{1,3})(?!\w)", _exact),
    _like("10:00:00 89205550055", r"(?<![0-9])(?<![0-9]:)[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?![0-9:])", ";", ":"),
    _like("25.11.2026 89205550055", rf"{_BEHIND_WORD}{_DATE}(?![0-9.-])", ";", "20"),
    _like("9205550055 с 10 до 18", rf"(?<!{_LETTER})с {_HOUR} (?:до|по) {_HOUR}(?! ?[0-9+(-])", ";"),
    _like("79205550055.0", r"(?<![0-9])([0-9]{10,15})[.,]0+(?![0-9])", r"\1;"),
    _like("+7 (920) 555-00-55.0", rf"(?<=[0-9])[ .]*[.,]0{_END_OF_NUMBER}", _without_zero, "0"),
    _like("8 920 555-00-5.0 12", rf"({_LONG_NUMBER}|{_SHORT_ABROAD})[ .]*[.,]0(?=[ (]+[0-9])", rf"\1{_FAULT}", "0"),
    _like("+7 (920) 555-00-55.00", rf"{_WITHOUT_POINTS}[.,]+00{_END_OF_NUMBER}", _without_zeros, "00"),
    _like("4500,00 89205550055", rf"{_BEHIND_WORD}[0-9]{{1,6}},00(?= )", ";", ","),
    _like("8 920 555,00 89205550055", r"(?<=[0-9]),00(?= )", _FAULT, ","),
    _like("79,205,550,055", r"(?<![0-9,])([0-9]{1,2}),([0-9]{3}),([0-9]{3}),([0-9]{3})(?![0-9,])", r"\1\2\3\4", ","),
    _like("8~10 7 920 555-00-55", "(?<![0-9])8 ?~ ?10", ";00", "~"),
    _like("8 (920) 555-••-••", _MASK, _FAULT),
    _like("8 (920) 555-00-55 (2)+4957654321", rf"(?<=[0-9][)\].-])\+(?={_RUSSIAN_GROUPS})", "+ ", "+"),
    _MARKS,
    _like("79205550055 доб. 5", rf"(?<!{_LETTER})(?:доб|доп|внутр|ext){_LETTER}*|(?<!{_LETTER})вн(?!{_LETTER})", "#"),
    _like("79205550055x5", rf"(?<=[0-9]) ?[xхpw](?= ?[0-9]{{1,6}}{_PHONE_OR_END})", _extension_mark),
    _like("7920x5550055", r"(?<=[0-9]) ?[xхpw](?= ?[0-9])", _FAULT),
    _like("+7 (920) 555-__-__", r"[_*]|\?(?= ?[0-9?])", _FAULT),
    _like("т79205550055", rf"(?<!{_LETTER})[тtмm](?=\+?[0-9])(?<![0-9].)", " "),
    _like("8920five5550055", rf"(?<=[0-9]){_LETTER}+(?=[0-9])", _FAULT),
    _like("O9205550055", rf"(?<!{_LETTER})(?:{_LETTER}|{_LOOK_ALIKE}+)(?=[0-9])", _FAULT),
    _like("8920555005O", rf"(?<=[0-9])(?:{_LETTER}|{_LOOK_ALIKE}+)(?!{_LETTER})", _FAULT),
    _like("8 920 555 OO 55", rf"(?<!{_LETTER}){_LOOK_ALIKE}{{1,2}}(?!{_LETTER})", _FAULT),
)
"""The kinds of text that are replaced, in this order; `_FAULT` makes digits unusable up to the next separator.

Ours: a letter in place of a digit, a character that hides a digit, or rounding makes a number unusable, because the
remaining digits may be another person's number.
"""

_NUMBER = re.compile(r"(?:\+ ?)?[0-9](?:[0-9 ]*[0-9])?")
_SEPARATOR = re.compile(r"[,;/|\n]")
_PARTING = re.compile(rf"{_LETTER}|[;\n]|: ")
"""Matches text between digits that divides them into two numbers; a comma, slash or point does not."""
_TRUNK_OR_CODE = re.compile(r"(?:\+ ?)?[78]")


@record
class NumberInText:
    """A number in a string: a plus if it has one, and the digits, with a blank for each run of other characters.

    If `is_damaged` is true, the digits are unusable, as in `8920555005O`. If `is_joined` is true, only punctuation
    separates this number from the previous number, so the two may be a single number. If `is_added` is true, the plus
    of this number may only join it to the previous one, as in `9205550055 + 4951234567`.
    """

    digits: str
    is_extension: bool = False
    is_damaged: bool = False
    is_joined: bool = False
    is_added: bool = False

    @property
    def is_stray(self) -> bool:
        """Whether the digits are too few for a phone and not an extension, so probably part of another number."""
        is_usable = not self.is_extension and not self.is_damaged
        return is_usable and is_short(self.digits) and _TRUNK_OR_CODE.fullmatch(self.digits) is None


def list_numbers(text: str) -> list[NumberInText]:
    """List all numbers in a string, including damaged ones, in the order in which they are written."""
    if _MARKS_ALONE.fullmatch(text) is not None:
        return list(_divide(_MARKS.remove(text)))
    text = plain(unescape(text))
    for wrapping in WRAPPINGS:
        text = wrapping.remove(text)
    return list(_divide(text))


def _divide(text: str) -> Iterator[NumberInText]:
    found = list(_NUMBER.finditer(text))
    starts, ends = [number.start() for number in found], [number.end() for number in found]
    gaps = [text[end:start] for end, start in zip([0, *ends], [*starts, len(text)], strict=True)]
    behind_extension, last = False, ""
    for number, before, after in zip(found, gaps, gaps[1:], strict=False):
        behind_extension = (behind_extension or _EXTENSION in before) and is_short(number[0])
        is_damaged = _FAULT in text and _FAULT in _SEPARATOR.split(before)[-1] + _SEPARATOR.split(after)[0]
        is_joined = bool(last) and _may_join(last, before, number[0])
        is_added = is_joined and (number[0].startswith("+ ") or (number[0].startswith("+") and not before.strip("+")))
        yield NumberInText(number[0], behind_extension, is_damaged, is_joined, is_added)
        last = number[0]


def _may_join(last: str, between: str, number: str) -> bool:
    """Return whether two numbers may be one number, judging by the text between them.

    Ours: a comma and a blank after a short number separate it from the next number, as in `кв. 5, 8 (495) 123-45-67`,
    if the next number has three or more groups and begins with a plus, or with a 7 or 8 alone.
    """
    is_marked = number.startswith(("+", "7 ", "8 ")) and number.count(" ") > 1
    is_listed = between.startswith(", ") and is_short(last) and is_marked
    return _PARTING.search(between) is None and not is_listed
