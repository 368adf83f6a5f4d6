"""Read numbers as people and spreadsheets write them: a comma or a point may separate thousands or decimals."""

import re
from decimal import Decimal

from dealtrace.errors import InvalidValue
from dealtrace.plain_text import plain, stripped
from dealtrace.record import record

_GAPS = re.compile(r"[\s'’]")
_OTHER_SIGN = {",": ".", ".": ","}
_DIGITS_OF_GROUP = 3
THOUSAND = 10**_DIGITS_OF_GROUP
COMMA = ","
_BLANK = r"[ \u00a0\u2000-\u200a\u202f\u205f\u3000]"
_GROUPED = re.compile(rf"[+\-\u2212]?\d{{1,3}}(?:{_BLANK}\d{{3}})+(?=\Z|[.,]\d*\Z)")
"""A number with a blank before every three digits, such as `12 500`; blanks elsewhere may separate two numbers."""
_BETWEEN_GROUPS = re.compile(_BLANK)
_ZERO_DECIMALS = re.compile(r"(?:(?<=[0-9])\.00?|(?<=[0-9]{4})\.0+)\Z")
"""Matches decimals that are zero, but not `.000` after one to three digits: `1.000` may be a thousand."""


def without_blanks_between_thousands(text: str) -> str:
    """Return a number without the blanks between its thousands, and any other string unchanged."""
    found = _GROUPED.match(text)
    return _BETWEEN_GROUPS.sub("", text) if found is not None else text


def whole_digits(text: str) -> str:
    """Return a whole number in ASCII digits, with its minus sign.

    For any other string, the result is not a whole number either.

    Ours: blanks between thousands and a `.0` at the end are ignored. 1C writes 1000000005 as `1 000 000 005`, with
    no-break spaces, unless it is configured not to, and pandas writes `1000000005.0`.
    """
    if text.isascii() and text.isdigit():  # a shortcut: nearly all numbers are sent like this
        return text
    return _ZERO_DECIMALS.sub("", plain(without_blanks_between_thousands(stripped(text))))


@record
class WrittenNumber:
    """A number of 0 or more, as it was written.

    `decimal_sign` is the sign that certainly separates decimals: a comma or a point, or empty if this is uncertain.
    `unclear_sign` is a sign that may separate thousands or decimals, empty if there is none. If there is one, as in
    `1,234`, `number` is the value that the string has if the sign separates decimals: 1.234.
    """

    number: Decimal
    is_whole: bool
    """Whether the number was written without decimals."""
    decimal_sign: str = ""
    unclear_sign: str = ""

    def decided(self, decimal_sign: str) -> "WrittenNumber":
        """Return the number that was meant in a column whose decimals are separated by `decimal_sign`."""
        if not decimal_sign or self.unclear_sign in ("", decimal_sign):
            return self
        return WrittenNumber(self.number * THOUSAND, is_whole=True, decimal_sign=decimal_sign)


def written_number(text: str) -> WrittenNumber | None:
    """Return the number in a string, or `None` if it has none: `1 234,56`, `1,234.56` and `1.234,56` are equal.

    If the string has both commas and points, the last one separates the decimals.
    """
    digits = _GAPS.sub("", text)
    point, comma = digits.rfind("."), digits.rfind(",")
    if min(point, comma) >= 0:
        sign, between = (".", ",") if point > comma else (",", ".")
        whole, _, decimals = digits.partition(sign)
        return _number(_joined(whole, between), decimals, digits)
    between = "," if comma >= 0 else "."
    if digits.count(between) > 1:
        return _number(_joined(digits, between), "", digits)
    whole, _, decimals = digits.partition(between)
    return _number(whole, decimals, digits) if whole or decimals else None


def clear_number(number: WrittenNumber, decimal_sign: str) -> Decimal:
    """Return the number that a written number means in a column.

    `decimal_sign` is the sign that separates decimals in the column, or an empty string if the column does not show it.

    Ours: the other cells of the column decide whether `1,234` is 1234 or 1.234. If none of them shows the decimal sign,
    or they contradict each other, the number is refused, since a wrong guess would be a thousandfold error.

    Raises:
        InvalidValue: the number may be a fraction or a whole number, and the column does not show which is meant.
    """
    if number.unclear_sign and not decimal_sign:
        written, whole, fraction = _readings(number, number.unclear_sign)
        raise InvalidValue(
            f"{written}: это {whole} или {fraction}? По столбцу не видно: уберите разделители тысяч или допишите ноль",
            f"{written}: is it {whole} or {fraction}? The column does not show which: remove the thousands separators, "
            "or add a zero after the decimals",
        )
    return number.decided(decimal_sign).number


def single_number(number: WrittenNumber, most: Decimal | int | None = None) -> Decimal:
    """Return the number in a form or a command, in which no other number shows whether `1,234` is a fraction.

    Ours: `1.234` is read as a fraction, since neither Russian nor English puts a point between thousands. `1,234` is a
    fraction in Russian and a whole number in English. Such a number is refused, unless the whole number
    would exceed `most`, the largest allowed number; then it must be a fraction.

    Raises:
        InvalidValue: the number may be a fraction or a whole number.
    """
    whole = number.number * THOUSAND
    if number.unclear_sign == COMMA and (most is None or whole <= most):
        written, shown, fraction = _readings(number, COMMA)
        raise InvalidValue(
            f"{written}: это {shown} или {fraction}? Напишите одно из двух, как здесь",
            f"{written}: is it {shown} or {fraction}? Write one of the two, as shown here",
        )
    return number.number


def _readings(number: WrittenNumber, sign: str) -> tuple[str, str, str]:
    """Return an unclear number as it was written, as a whole number, and as a fraction."""
    fraction = f"{number.number:f}"
    return fraction.replace(".", sign), fraction.replace(".", ""), fraction


def _signs(digits: str) -> tuple[str, str]:
    """Return the sign that separates decimals in a number, and the sign whose meaning is unclear.

    At least one of the two is empty. `1,5` and `1.234.567` show a decimal comma; in `1,234` the comma is unclear.
    """
    signs = [character for character in digits if character in _OTHER_SIGN]
    if not signs:
        return "", ""
    last = signs[-1]
    if len(signs) > 1:
        return (last if signs[0] != last else _OTHER_SIGN[last]), ""
    whole, _, decimals = digits.partition(last)
    is_unclear = len(whole) in range(1, _DIGITS_OF_GROUP + 1) and whole[0] != "0" and len(decimals) == _DIGITS_OF_GROUP
    return ("", last) if is_unclear else (last, "")


def _joined(digits: str, between: str) -> str | None:
    """Return a whole number without its thousands separators, or `None` if they are in the wrong places."""
    first, *others = digits.split(between)
    is_grouped = 0 < len(first) <= _DIGITS_OF_GROUP and all(len(group) == _DIGITS_OF_GROUP for group in others)
    return "".join((first, *others)) if is_grouped else None


def _number(whole: str | None, decimals: str, digits: str) -> WrittenNumber | None:
    if whole is None or not f"{whole}{decimals}".isdecimal():
        return None
    return WrittenNumber(Decimal(f"{whole or 0}.{decimals or 0}"), not decimals.strip("0"), *_signs(digits))
