"""Phones in normal form: digits with their country code (`79205550055`)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from dealtrace.leads.limits import CONTACTS_LENGTH_MAX
from dealtrace.leads.phones.ambiguous_digits import (
    PhoneReading,
    is_alone,
    is_continued,
    is_doubtful,
    is_local_and_digit,
    list_rivals,
)
from dealtrace.leads.phones.joining_plus import without_joining_plus
from dealtrace.leads.phones.numbering_plans import (
    CODE_LENGTH_MAX,
    RUSSIA,
    RUSSIAN_LENGTH,
    assigned_in_russia,
    bare_foreign,
    country_codes,
    is_assigned_in_russia,
    is_foreign_in_groups,
    is_short,
    stated_foreign,
    valid_foreign,
)
from dealtrace.leads.phones.surrounding_text import NumberInText, list_numbers
from dealtrace.record import record

_READY_PREFIX = r"(?:\+?7|8|)"
"""Matches what most programs send before the ten digits of a phone: a usual prefix or nothing."""
_NEIGHBOURS = "99"
_UKRAINE_IN_GROUPS = "38 0"


@record
class PhoneForm:
    """A way to write a phone: an example and a pattern; a blank in the pattern stands for any blanks and punctuation.

    The pattern may have named groups: `russian` for ten digits that Russia can assign, `stated` for digits with a
    country code, `behind` for the digits of an extension or of the next phone, `japanese` for digits that may also be a
    Japanese number. If `is_whole` is false, the form is not tried in a string that also has stray digits (too few for a
    phone).
    """

    example: str
    pattern: re.Pattern[str]
    is_whole: bool

    def read(self, digits: str) -> tuple[str, str] | None:
        """Return the phone in `digits` and the digits after it, or `None` if `digits` do not have this form.

        The phone is empty if the digits may also be a foreign number after a 7 or 8.
        """
        found = self.pattern.fullmatch(digits)
        if found is None:
            return None
        parts = found.groupdict()
        phone = _phone(digits, parts)
        if (japanese := parts.get("japanese")) is not None and (other := valid_foreign(japanese)) is not None:
            phone = other if phone is None else None
        return (phone, parts.get("behind") or "") if phone is not None else None


def _phone(written: str, parts: Mapping[str, str | None]) -> str | None:
    if (russian := parts.get("russian")) is not None:
        national, behind = russian.replace(" ", ""), parts.get("behind")
        is_cut = (behind is not None and _is_cut(russian, behind)) or is_local_and_digit(written)
        return ("" if is_cut else RUSSIA + national) if is_assigned_in_russia(national) else None
    if (stated := parts.get("stated")) is not None:
        return stated_foreign(stated)
    return None if _begins_as_russian(written) or _splits_code(written) else bare_foreign(written.replace(" ", ""))


def _splits_code(written: str) -> bool:
    """Return whether a blank divides the country code with which digits begin, as in `9 18 8 86130 517`.

    Ours: nobody writes a country code in two groups, so such digits are several numbers, here hours and a phone. Only
    the code of Ukraine is divided, because its last digit is also the trunk prefix: `38 (044) 123-45-67`.
    """
    first = written.partition(" ")[0]
    has_code = any(first[:length] in country_codes() for length in (1, 2)) or written.startswith(_UKRAINE_IN_GROUPS)
    return len(first) < CODE_LENGTH_MAX and not has_code


def _is_cut(russian: str, behind: str) -> bool:
    """Return whether ten digits and the groups after them are one foreign number, so that the ten are not a phone.

    After numbers of Russia's neighbours, whose country codes begin with 99, there may also be an extension.
    """
    groups = behind.split(" ")
    fewest = 1 if russian.startswith(_NEIGHBOURS) else len(groups)
    return any(is_foreign_in_groups(" ".join((russian, *groups[:count]))) for count in range(fewest, len(groups) + 1))


def _form(example: str, pattern: str, *, is_whole: bool = True) -> PhoneForm:
    return PhoneForm(example, re.compile(pattern), is_whole)


_TEN = "(?P<russian>[0-9](?: ?[0-9]){9})"
_BEHIND = "(?: (?P<behind>[0-9 ]+))?"
_STATED = "(?P<stated>(?!8 )[1-9](?: ?[0-9]){7,})"
_ABROAD = r"(?:\+ ?8 |8 ?)10"

PHONE_FORMS = (
    _form("8 (495) 123-45-67", rf"[78] ?{_TEN}{_BEHIND}"),
    _form("+7 (495) 123-45-67", rf"\+ ?7 ?{_TEN}{_BEHIND}"),
    _form("+8 (495) 123-45-67", rf"\+ ?8 {_TEN}{_BEHIND}"),
    _form("+89205550055", rf"\+ ?8(?=9){_TEN}{_BEHIND}"),
    _form("+7 8 495 123-45-67", rf"(?:\+ ?8 |\+ ?7|[78]) ?[78] ?{_TEN}"),
    _form("007 495 123-45-67", rf"(?:\+ ?)?00 ?7 ?{_TEN}{_BEHIND}"),
    _form("8~10 7 495 123-45-67", rf"{_ABROAD} ?7 ?{_TEN}{_BEHIND}"),
    _form("0049 30 123456", rf"(?:\+ ?)?00 ?{_STATED}"),
    _form("8~10 49 30 123456", rf"{_ABROAD} ?{_STATED}"),
    _form("+810 7 495 123-45-67", rf"\+ ?810 ?7 ?{_TEN}{_BEHIND}"),
    _form("+810 375 29 123-45-67", rf"\+ ?(?P<japanese>810 ?(?!7){_STATED})"),
    _form("+49 30 123456", rf"\+ ?(?!810){_STATED}"),
    _form("495 123-45-67", f"(?![78] ){_TEN}", is_whole=False),
    _form("375 29 123-45-67", "[1-9](?: ?[0-9])*", is_whole=False),
)
"""All ways to write a phone, in the order in which they are tried; the first way that gives a phone is used.

Ours: digits after a plus begin with a country code, except that the 8 of `+8 495` and `+89` is Russia's trunk prefix.
Digits without a plus that Russia can assign are Russian. After eleven digits and a separator, up to six digits are an
extension. But these digits are unusable: a 7 or 8 before a foreign number, as in `+7 998 90 123-45-67`; ten digits
followed by more digits; and nine digits after a 7 or 8 and a separator, as in `8 (351) 234-56-7`.
"""

_TRUNK_PREFIX = re.compile("[78] .*|8[0-9]{10}")
_TEN_AND_MORE = re.compile(f"{_TEN} .*")
_CODES_OF_TWO_LEVELS = re.compile("[0-9]{3} [0-9]{2} [0-9]{3} ?[0-9]{2} ?[0-9]{2}")


def _begins_as_russian(digits: str) -> bool:
    """Return whether digits without a plus begin like a Russian number, so that they are not read as foreign.

    Ours: they do if they begin with a 7 or 8 and a separator, or are an 8 and ten digits. They also do if they begin
    with ten digits that Russia can assign, a separator and more digits, but not if grouped like `998 90 123-45-67`.
    """
    ten = _TEN_AND_MORE.fullmatch(digits) if _CODES_OF_TWO_LEVELS.fullmatch(digits) is None else None
    is_local = ten is not None and is_assigned_in_russia(ten["russian"].replace(" ", ""))
    return is_local or _TRUNK_PREFIX.fullmatch(digits) is not None


def _is_ready(text: str) -> bool:
    """Return whether a phone has the form in which most programs send phones; this form is tried first to save time."""
    return assigned_in_russia(_READY_PREFIX).match(text) is not None


def normal_phone(text: str) -> str | None:
    """Return the first usable phone in a string, with its country code (`79205550055`), or `None` if there is none.

    Vendor: «Номер телефон клиента в формате 7XXXXXXXXXX».
    Ours: a phone may be written in any of the `PHONE_FORMS`, with any of `WRAPPINGS` around it; numbers that
    cannot be assigned are unusable.
    """
    if _is_ready(text):
        return RUSSIA + text[-RUSSIAN_LENGTH:]
    return next(iter(list_phones(text)), None)


def list_phones(text: str) -> tuple[str, ...]:
    """List the phones in a string in normal form, in the order written and without repetitions.

    Ours: stray digits are too few for a phone, so they may be part of another number. In a string with stray digits,
    only the `PHONE_FORMS` with `is_whole` are tried. If a plus precedes the stray digits, the list is empty.
    """
    if _is_ready(text):
        return (RUSSIA + text[-RUSSIAN_LENGTH:],)
    numbers = list_numbers(text) if len(text) <= CONTACTS_LENGTH_MAX else []
    written = [without_joining_plus(number) for number in numbers]
    strays = [number.digits for number in written if number.is_stray]
    if any(digits.startswith("+") for digits in strays):
        return ()
    forms = [form for form in PHONE_FORMS if form.is_whole] if strays else PHONE_FORMS
    return tuple(dict.fromkeys(phone for row in _rows(written) for phone in _read_row(row, forms)))


def import_numbering_plans() -> None:
    """Load the numbering plans of phones in advance, so that reading the first phone does not have to wait for them."""
    assigned_in_russia()
    assigned_in_russia(_READY_PREFIX)


def _rows(written: Sequence[NumberInText]) -> list[list[NumberInText]]:
    """Group successive numbers into rows; only punctuation separates the numbers of a row."""
    rows: list[list[NumberInText]] = []
    for number in written:
        if number.is_joined:
            rows[-1].append(number)
        else:
            rows.append([number])
    return rows


def _read_row(row: Sequence[NumberInText], forms: Sequence[PhoneForm]) -> Iterator[str]:
    """Yield the phones in a row of written numbers, which only punctuation separates.

    A written number may contain several phones, one after another. Reading it stops at an extension, at digits that
    are not a phone, or where the digits can be divided into phones in several ways.
    """
    digits = [number.digits for number in row]
    is_certain, end = is_alone(" ".join(digits)), -1
    rivals = [] if is_certain else list_rivals(digits)
    limit = sum(len(number.digits) + 1 for number in takewhile(lambda number: not number.is_extension, row)) - 1
    for place, number in enumerate(row):
        end += 1 + len(number.digits)
        rest = "" if number.is_extension or number.is_damaged else number.digits
        while rest:
            read = next((read for form in forms if (read := form.read(rest)) is not None), None)
            if read is None or not read[0]:
                break
            phone, behind = read
            over = end - len(behind)
            if not behind and place + 1 < len(row) and is_continued(phone, row[place + 1]):
                break
            if not is_certain and is_doubtful(PhoneReading(phone, rest, end - len(rest), over, end, limit, rivals)):
                break
            yield phone
            rivals = [rival for rival in rivals if rival.start >= over]
            rest = "" if is_short(behind) else behind
