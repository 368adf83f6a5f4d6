"""Which phones the numbering plans of the world know, and which are only typed to fill a field."""

import re

import phonenumbers
from phonenumbers import PhoneMetadata

RUSSIA = "7"
"""The country code of Russia and Kazakhstan, who share one plan."""
BARE_LENGTH_MIN = 11
"""Ours: digits without a plus are foreign from this length on, because a Russian number cut short has fewer."""
ZEROS_OF_A_FILLER = 7
_KINDS = (
    "mobile", "fixed_line", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan"
)  # fmt: skip


def _of_region(region: str) -> str:
    """Write the numbers a region assigns as one pattern."""
    metadata = PhoneMetadata.metadata_for_region(region)
    assert metadata is not None
    described = [getattr(metadata, kind) for kind in _KINDS]
    return "|".join(kind.national_number_pattern for kind in described if kind and kind.national_number_pattern)


_FILLER = rf"([0-9])\1+\Z|[0-9]*0{{{ZEROS_OF_A_FILLER}}}\Z"
"""Ours: one digit throughout, or a subscriber of zeros alone, is typed by people who do not want to be called."""
_FILLER_IN_RUSSIA = rf"([0-9])\1{{9}}|[0-9]{{3}}0{{{ZEROS_OF_A_FILLER}}}|[0-9]?(?:123456789|987654321)"
"""Ours: so are nine digits in a row; they stand in the hints of forms (`+7 (912) 345-67-89`)."""

ASSIGNED_IN_RUSSIA = rf"(?=[0-9]{{10}}\Z)(?!{_FILLER_IN_RUSSIA})(?:{_of_region('RU')}|(?=7)(?:{_of_region('KZ')}))\Z"
"""The ten digits behind the 7 of every number that Russia or Kazakhstan can assign to somebody."""

_ASSIGNED_IN_RUSSIA = re.compile(ASSIGNED_IN_RUSSIA)
_FILLS_A_FIELD = re.compile(_FILLER)


def is_assigned_in_russia(national: str) -> bool:
    """Check whether ten digits can be somebody's number in Russia or Kazakhstan."""
    return _ASSIGNED_IN_RUSSIA.match(national) is not None


def stated_foreign(digits: str) -> str | None:
    """Read digits that were said to begin with a country code; `None` if they are no number of another country.

    Ours: a length that the country knows will do, since its plan may be newer than ours.
    """
    number = _parse(digits)
    return _international(number) if number is not None else None


def bare_foreign(digits: str) -> str | None:
    """Read digits that may begin with a country code; `None` unless that country can assign them as they stand."""
    begins_as_russian = digits[0] in "78" and is_assigned_in_russia(digits[1:BARE_LENGTH_MIN])
    number = _parse(digits) if len(digits) >= BARE_LENGTH_MIN and not begins_as_russian else None
    if number is None or _international(number) != digits or not phonenumbers.is_valid_number(number):
        return None
    return digits


def _parse(digits: str) -> phonenumbers.PhoneNumber | None:
    if digits.startswith(RUSSIA):
        return None
    try:
        return phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return None


def _international(number: phonenumbers.PhoneNumber) -> str | None:
    """Write a number with its country code, unless it is too long or short for the country or fills a field."""
    national = phonenumbers.national_significant_number(number)
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    return f"{number.country_code}{national}" if possible and _FILLS_A_FIELD.match(national) is None else None
