"""Texts that a spreadsheet would run as a formula, and the apostrophe that prevents it."""

import re

FORMULA_STARTS = "=+-@\t\r"
"""A spreadsheet takes a text for a formula if it begins with one of these characters."""

_GUARD = re.compile(rf"'(?=[{re.escape(FORMULA_STARTS)}])")


def guard_formula(text: str) -> str:
    """Return a text with an apostrophe in front if a spreadsheet would run it; null characters are removed."""
    plain = text.replace("\0", "")
    return f"'{plain}" if plain.startswith(tuple(FORMULA_STARTS)) else plain


def remove_guard(text: str) -> str:
    """Return a text without the apostrophe of `guard_formula`."""
    return _GUARD.sub("", text, count=1) if text.startswith("'") else text
