"""Phones in the one form in which they are compared: digits with their country code (`79205550055`)."""

import re
from collections.abc import Iterator, Mapping, Sequence

from dealtrace.leads.numbering import ASSIGNED_IN_RUSSIA, RUSSIA, bare_foreign, is_assigned_in_russia, stated_foreign
from dealtrace.leads.phone_text import is_short, list_written
from dealtrace.leads.plain_text import CONTACTS_LENGTH_MAX
from dealtrace.record import record

_READY = re.compile(rf"(?:\+?7|8){ASSIGNED_IN_RUSSIA}")
"""What most programs send, read without looking for anything else; `WAYS` and `WRAPPINGS` come to the same."""
_NATIONAL_LENGTH = 10


@record
class Way:
    """A way of writing a phone: an example, and a pattern in which a single blank stands for any run of marks.

    The pattern names what it finds: `russian`, ten digits that Russia must be able to assign; `stated`, digits that
    were said to begin with a country code; what names neither may begin with one. What stands `behind` is an
    extension or the next phone. A way that is no `is_whole` counts only in a text without stray digits.
    """

    example: str
    pattern: re.Pattern[str]
    is_whole: bool

    def read(self, digits: str) -> tuple[str, str] | None:
        """Return the phone written this way and the digits behind it; `None` if there is no such phone."""
        found = self.pattern.fullmatch(digits)
        if found is None:
            return None
        parts = found.groupdict()
        phone = _phone(digits, parts)
        return (phone, parts.get("behind") or "") if phone is not None else None


def _phone(written: str, parts: Mapping[str, str | None]) -> str | None:
    if (russian := parts.get("russian")) is not None:
        national = russian.replace(" ", "")
        return RUSSIA + national if is_assigned_in_russia(national) else None
    if (stated := parts.get("stated")) is not None:
        return stated_foreign(stated.replace(" ", ""))
    return None if _begins_as_russian(written) else bare_foreign(written.replace(" ", ""))


def _way(example: str, pattern: str, *, is_whole: bool = True) -> Way:
    return Way(example, re.compile(pattern), is_whole)


_TEN = "(?P<russian>[0-9](?: ?[0-9]){9})"
_BEHIND = "(?: (?P<behind>[0-9 ]+))?"
_STATED = "(?P<stated>(?!8 )[1-9](?: ?[0-9]){7,})"
_ABROAD = r"(?:\+ ?8 |8 ?)10"

WAYS = (
    _way("8 (495) 123-45-67", rf"[78] ?{_TEN}{_BEHIND}"),
    _way("+7 (495) 123-45-67", rf"\+ ?7 ?{_TEN}{_BEHIND}"),
    _way("+8 (495) 123-45-67", rf"\+ ?8 {_TEN}{_BEHIND}"),
    _way("+89205550055", rf"\+ ?8(?=9){_TEN}{_BEHIND}"),
    _way("+7 8 495 123-45-67", rf"(?:\+ ?8 |\+ ?7|[78]) ?[78] ?{_TEN}"),
    _way("007 495 123-45-67", rf"(?:\+ ?)?00 ?7 ?{_TEN}{_BEHIND}"),
    _way("8~10 7 495 123-45-67", rf"{_ABROAD} ?7 ?{_TEN}{_BEHIND}"),
    _way("0049 30 123456", rf"(?:\+ ?)?00 ?{_STATED}"),
    _way("8~10 49 30 123456", rf"{_ABROAD} ?{_STATED}"),
    _way("+49 30 123456", rf"\+ ?{_STATED}"),
    _way("495 123-45-67", _TEN, is_whole=False),
    _way("375 29 123-45-67", "[1-9](?: ?[0-9])*", is_whole=False),
)
"""Every way in which a phone is read; the first that gives one counts.

Ours: a plus before the first digit announces a country, except that `+8` with a mark behind it is Russia's trunk
prefix, and that no country has the code 89. Without a plus, what Russia can assign is Russian. Behind eleven digits
that end at a mark, up to six more are an extension; ten digits with more behind them are unusable.
"""

_TRUNK_PREFIX = re.compile("[78] .*|8[0-9]{10}")
_TEN_AND_MORE = re.compile(f"{_TEN} .*")
_CODES_OF_TWO_LEVELS = re.compile("[0-9]{3} [0-9]{2} [0-9]{3} ?[0-9]{2} ?[0-9]{2}")


def _begins_as_russian(digits: str) -> bool:
    """Check whether digits without a plus begin as Russian ones do, so that the rest of them is a mistake in those.

    Ours: an 8 apart from the digits behind it, or with ten of them, is the trunk prefix, and ten digits that Russia
    can assign are a number with something behind it, except in the groups of `998 90 123-45-67`.
    """
    ten = _TEN_AND_MORE.fullmatch(digits) if _CODES_OF_TWO_LEVELS.fullmatch(digits) is None else None
    is_local = ten is not None and is_assigned_in_russia(ten["russian"].replace(" ", ""))
    return is_local or _TRUNK_PREFIX.fullmatch(digits) is not None


def normal_phone(text: str) -> str | None:
    """Bring a phone into digits with its country code (`79205550055`): the first usable one, `None` if none is.

    Seed: «Номер телефон клиента в формате 7XXXXXXXXXX».
    Ours: it is taken in every way of `WAYS`, in every one of `phone_text.WRAPPINGS`; what can be nobody's is unusable.
    """
    if _READY.match(text) is not None:
        return RUSSIA + text[-_NATIONAL_LENGTH:]
    return next(iter(list_phones(text)), None)


def list_phones(text: str) -> tuple[str, ...]:
    """List the phones in a text, each in its normal form and once, in the order in which they were written.

    Ours: digits too few for a phone may be a piece of another number; beside them only whole ones count, and none
    beside such a piece with a plus.
    """
    if _READY.match(text) is not None:
        return (RUSSIA + text[-_NATIONAL_LENGTH:],)
    written = list_written(text) if len(text) <= CONTACTS_LENGTH_MAX else []
    strays = [number.digits for number in written if number.is_stray]
    if any(digits.startswith("+") for digits in strays):
        return ()
    ways = [way for way in WAYS if way.is_whole] if strays else WAYS
    numbers = [number.digits for number in written if not number.is_extension]
    return tuple(dict.fromkeys(phone for digits in numbers for phone in _read(digits, ways)))


def _read(digits: str, ways: Sequence[Way]) -> Iterator[str]:
    """Read a number, and whatever phones are written behind it with nothing but marks between."""
    while digits:
        read = next((read for way in ways if (read := way.read(digits)) is not None), None)
        if read is None:
            return
        phone, behind = read
        yield phone
        digits = "" if is_short(behind) else behind
