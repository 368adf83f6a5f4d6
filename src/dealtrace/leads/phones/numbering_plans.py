"""Check whether a phone number can exist in the numbering plan of a country.

The numbering plans are imported only when a phone is read, because the import takes 40 ms of CPU time.
"""

import re
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from dealtrace.leads.phones.fillers import RUSSIAN_FILLER, is_foreign_filler

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

RUSSIA = "7"
"""The country code of Russia and Kazakhstan, which share one numbering plan."""
BARE_LENGTH_MIN = 11
"""Ours: without a plus, numbering plans of other countries apply to this many digits or more: fewer may be Russian."""
LENGTH_MAX = 15
"""The maximum number of digits of a phone with its country code, by ITU-T Recommendation E.164."""
EXTENSION_LENGTH_MAX = 6
"""Ours: the maximum number of digits of an extension; a longer number is not an extension."""
RUSSIAN_LENGTH = 10
"""The number of digits of a Russian number after the country code."""
CODE_LENGTH_MAX = 3
"""The maximum number of digits of a country code."""
_RUSSIAN_CODE_LENGTH = 3
_GROUPED_AS_RUSSIAN = re.compile("(?!99)[0-9]{3} [0-9]{3} ?[0-9]{2} ?[0-9]{2} ")
_KINDS = (
    "mobile", "fixed_line", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan"
)  # fmt: skip


def is_short(digits: str) -> bool:
    """Return whether a number has no more digits than an extension may have."""
    return len(digits.replace(" ", "").removeprefix("+")) <= EXTENSION_LENGTH_MAX


@cache
def _plans() -> ModuleType:
    """Import and return the library of numbering plans."""
    return import_module("phonenumbers")


@cache
def country_codes() -> frozenset[str]:
    """Return all country codes except that of Russia and Kazakhstan."""
    return frozenset(map(str, _plans().COUNTRY_CODE_TO_REGION_CODE)) - {RUSSIA}


def _of_region(region: str) -> str:
    """Return a pattern that matches every number that a region assigns."""
    metadata = _plans().PhoneMetadata.metadata_for_region(region)
    assert metadata is not None
    described = [getattr(metadata, kind) for kind in _KINDS]
    return "|".join(kind.national_number_pattern for kind in described if kind and kind.national_number_pattern)


@cache
def assigned_in_russia(prefix: str = "") -> re.Pattern[str]:
    """Return a pattern that matches `prefix` followed by ten digits that Russia or Kazakhstan can assign."""
    assigned = f"{_of_region('RU')}|(?=7)(?:{_of_region('KZ')})"
    return re.compile(rf"{prefix}(?=[0-9]{{10}}\Z)(?!{RUSSIAN_FILLER})(?:{assigned})\Z")


def is_assigned_in_russia(national: str) -> bool:
    """Return whether Russia or Kazakhstan can assign a number with these ten digits after the 7."""
    return assigned_in_russia().match(national) is not None


def stated_foreign(written: str) -> str | None:
    """Return a number written with a country code as a foreign phone, or `None` if no such phone is possible.

    Ours: only the length has to be possible in the country, since its numbering plan may be newer than our library. A
    last group of up to six digits is an extension if the digits before it are a number that cannot be continued; so
    `+375 29 123-45-67 (5)` has an extension, and `+49 30 123456-12` is a whole number.
    """
    digits = written.replace(" ", "")
    number = _parse(digits)
    phone = _international(number) if number is not None else None
    is_whole = phone == digits and number is not None and _plans().is_valid_number(number)
    return phone if is_whole else (_before_extension(written) or phone)


def valid_foreign(written: str) -> str | None:
    """Return a number as digits, or `None` if the country of its country code cannot assign it."""
    number = _parse_valid(written)
    return _international(number) if number is not None else None


def is_foreign_in_groups(written: str) -> bool:
    """Return whether groups of digits are a foreign number, judging by the numbering plans and the sizes of the groups.

    Ours: a number is Russian if its first group has ten digits, or has three digits that are not a country code. It
    is also Russian if an extension follows groups such as `800 555 35 35`, unless they begin with 99. Country codes of
    several neighbours of Russia begin with 99, and some forms put a 7 before the numbers of these neighbours.
    """
    if _GROUPED_AS_RUSSIAN.match(written) is not None:
        return False
    number, first = _parse_valid(written), written.partition(" ")[0]
    is_russian_code = len(first) == _RUSSIAN_CODE_LENGTH and number is not None and first != str(number.country_code)
    return number is not None and len(first) != RUSSIAN_LENGTH and not is_russian_code


def bare_foreign(digits: str) -> str | None:
    """Return `digits` if they are a country code and a number that the country can assign, else `None`."""
    begins_as_russian = digits[0] in "78" and is_assigned_in_russia(digits[1:BARE_LENGTH_MIN])
    is_read = len(digits) >= BARE_LENGTH_MIN and not begins_as_russian
    return digits if is_read and valid_foreign(digits) == digits else None


def _parse(digits: str) -> "PhoneNumber | None":
    if digits.startswith(RUSSIA):
        return None
    plans = _plans()
    try:
        number: PhoneNumber = plans.parse(f"+{digits}")
    except plans.NumberParseException:
        return None
    return number


def _parse_valid(written: str) -> "PhoneNumber | None":
    number = _parse(written.replace(" ", ""))
    return number if number is not None and _plans().is_valid_number(number) else None


def _before_extension(written: str) -> str | None:
    """Return the number before a last group that can only be an extension, or `None` if there is no such group."""
    before, _, last = written.rpartition(" ")
    if not before or not is_short(last) or (number := valid_foreign(before)) is None:
        return None
    continued = (valid_foreign(before + last[:length]) for length in range(1, len(last) + 1))
    is_continued = any(longer is not None and longer.startswith(number) for longer in continued)
    return None if is_continued else number


def _international(number: "PhoneNumber") -> str | None:
    """Return a parsed number as digits, or `None` if its length is impossible or it is a filler."""
    plans = _plans()
    national = plans.national_significant_number(number)
    possible = plans.is_possible_number_with_reason(number) == plans.ValidationResult.IS_POSSIBLE
    digits = f"{number.country_code}{national}"
    is_whole = possible and len(digits) <= LENGTH_MAX
    return digits if is_whole and not is_foreign_filler(national, digits) else None
