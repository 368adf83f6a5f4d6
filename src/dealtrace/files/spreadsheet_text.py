"""Protect strings that a spreadsheet would read as formulas, numbers or dates, and remove this protection.

A spreadsheet that opens a CSV file runs some strings as formulas. A leading apostrophe prevents this; workbooks need it
too, because people edit them or save them as CSV. A spreadsheet also turns strings into numbers and dates: it drops
leading zeros, and rewrites phones as `7,92E+10`. Writing `="…"`, a formula with a constant string, prevents this.
"""

import re

FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
"""If a string begins with one of these characters, a spreadsheet may run it as a formula."""

_NEEDS_GUARD = re.compile(rf"'*[{re.escape(FORMULA_STARTS)}]")
_GUARDED = re.compile(rf"''*[{re.escape(FORMULA_STARTS)}]")
_CONSTANT = re.compile(r'="((?:[^"]|"")*)"')
CONSTANT_LENGTH_MAX = 255
"""The maximum length of a constant string in a formula."""

_MONTH = "(?:янв|фев|мар|апр|ма|июн|июл|авг|сен|окт|ноя|дек|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-zа-яё]*+"
_CONVERTED = re.compile(rf'(?=[^0-9]*[0-9])(?:[0-9]|[^\w"]|{_MONTH}|[eе]|[ap]m?|руб|р)++', re.IGNORECASE)
"""A string that may become a number, date, time or amount: digits with signs, months, exponents or currencies."""
_KEPT = re.compile("0|[1-9][0-9]{0,8}")
"""A number that needs no protection, because a spreadsheet shows it unchanged; phones have more digits."""


def guard_formula(text: str) -> str:
    """Return a string without null characters, and with a leading apostrophe if it looks like a formula."""
    plain = text.replace("\0", "")
    return f"'{plain}" if _NEEDS_GUARD.match(plain) else plain


def spreadsheet_text(text: str) -> str:
    """Return a string in a form that a spreadsheet keeps unchanged when it opens a CSV file."""
    if _CONSTANT.fullmatch(text) is not None:
        return text
    guarded = guard_formula(text)
    if (
        len(guarded) <= CONSTANT_LENGTH_MAX
        and _CONVERTED.fullmatch(guarded) is not None
        and _KEPT.fullmatch(guarded) is None
        and not guarded.startswith("'")
    ):
        return f'="{guarded}"'
    return guarded


def plain_text(text: str) -> str:
    """Return a string without the protection that `guard_formula`, `spreadsheet_text` or other programs gave it."""
    if text.startswith("'") and _GUARDED.match(text) is not None:
        text = text[1:]
    if text.startswith('="') and (constant := _CONSTANT.fullmatch(text)) is not None:
        return constant[1].replace('""', '"').strip()
    return text
