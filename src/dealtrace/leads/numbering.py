"""Check whether phone numbers exist in the numbering plans of the world, or are only typed to fill a field."""

import re

import phonenumbers
from phonenumbers import PhoneMetadata

RUSSIA = "7"
"""The country code of Russia and Kazakhstan, which share one numbering plan."""
BARE_LENGTH_MIN = 11
"""Ours: the fewest digits that may be a foreign number without a plus; fewer may be a truncated Russian number."""
ZEROS_OF_A_FILLER = 7
_KINDS = (
    "mobile", "fixed_line", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan"
)  # fmt: skip


def _of_region(region: str) -> str:
    """Return a pattern that matches every number that a region assigns."""
    metadata = PhoneMetadata.metadata_for_region(region)
    assert metadata is not None
    described = [getattr(metadata, kind) for kind in _KINDS]
    return "|".join(kind.national_number_pattern for kind in described if kind and kind.national_number_pattern)


_FILLER = rf"([0-9])\1+\Z|[0-9]*0{{{ZEROS_OF_A_FILLER}}}\Z"
"""Ours: one repeated digit, or seven zeros at the end, is typed by people who do not want to be called."""
_FILLER_IN_RUSSIA = rf"([0-9])\1{{9}}|[0-9]{{3}}0{{{ZEROS_OF_A_FILLER}}}|[0-9]?(?:123456789|987654321)"
"""Ours: the digits 1 to 9 in order are fillers too; forms show them as a hint (`+7 (912) 345-67-89`)."""

ASSIGNED_IN_RUSSIA = rf"(?=[0-9]{{10}}\Z)(?!{_FILLER_IN_RUSSIA})(?:{_of_region('RU')}|(?=7)(?:{_of_region('KZ')}))\Z"
"""A pattern of the ten digits after the 7, for every number that Russia or Kazakhstan can assign."""

_ASSIGNED_IN_RUSSIA = re.compile(ASSIGNED_IN_RUSSIA)
_FILLS_A_FIELD = re.compile(_FILLER)


def is_assigned_in_russia(national: str) -> bool:
    """Return whether ten digits can be an assigned number in Russia or Kazakhstan."""
    return _ASSIGNED_IN_RUSSIA.match(national) is not None


def stated_foreign(digits: str) -> str | None:
    """Return the foreign phone with these digits, written with a country code, or `None` if there is no such phone.

    Ours: the length only has to be possible in the country, since its numbering plan may be newer than ours.
    """
    number = _parse(digits)
    return _international(number) if number is not None else None


def bare_foreign(digits: str) -> str | None:
    """Return `digits` if they are a country code and a number that this country can assign, else `None`."""
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
    """Return a parsed number as digits, or `None` if its length is wrong for the country or it is a filler."""
    national = phonenumbers.national_significant_number(number)
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    return f"{number.country_code}{national}" if possible and _FILLS_A_FIELD.match(national) is None else None
