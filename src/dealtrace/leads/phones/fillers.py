"""Phones that people type only to fill a field, such as 000 000-00-00; they belong to nobody even if valid."""

import re

_ZEROS_OF_A_FILLER = 7
_FILLER = re.compile(rf"([0-9])\1+\Z|[0-9]*0{{{_ZEROS_OF_A_FILLER}}}\Z")
"""Ours: one repeated digit, or seven zeros at the end, is a filler, typed by people who do not want a call."""
RUSSIAN_FILLER = rf"([0-9])\1{{9}}|[0-9]{{3}}0{{{_ZEROS_OF_A_FILLER}}}|[0-9]?(?:123456789|987654321)"
"""Ours: a Russian number with 123456789 or 987654321 counts as a filler; forms show +7 (912) 345-67-89 as an example.

The pattern matches the ten digits after the country code.
"""
_DIGITS_IN_ORDER = re.compile("123456789|987654321")
"""Ours: if a foreign number, or its part after the country code, begins with these digits, it is a filler (made up)."""


def is_foreign_filler(national: str, phone: str) -> bool:
    """Return whether a foreign number is a filler; `phone` is `national` with the country code before it."""
    return _FILLER.match(national) is not None or any(map(_DIGITS_IN_ORDER.match, (national, phone)))
