"""Texts that a spreadsheet would take for something else: how they are written for it, and read again.

A spreadsheet that opens a CSV file runs some texts as formulas, and turns others into numbers and dates: it drops
leading zeros and the digits behind the fifteenth, and rewrites phones as `7,92E+10`. An apostrophe prevents the first,
`="…"`, the constant text of a spreadsheet, the second. In a workbook texts are texts, but the apostrophe stands there
too, for whoever edits a cell or saves the sheet as CSV.
"""

import re

FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
"""A spreadsheet may run a text that begins with one of these characters."""

_NEEDS_GUARD = re.compile(rf"'*[{re.escape(FORMULA_STARTS)}]")
_GUARDED = re.compile(rf"''*[{re.escape(FORMULA_STARTS)}]")
_CONSTANT = re.compile(r'="((?:[^"]|"")*)"')
CONSTANT_LENGTH_MAX = 255
"""Characters of a constant text in a spreadsheet."""

_MONTH = "(?:янв|фев|мар|апр|ма|июн|июл|авг|сен|окт|ноя|дек|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-zа-яё]*+"
_CONVERTED = re.compile(rf'(?=[^0-9]*[0-9])(?:[0-9]|[^\w"]|{_MONTH}|[eе]|[ap]m?|руб|р)++', re.IGNORECASE)
"""What may become a number, date, time or sum of money: digits with marks, months, an exponent, or a currency."""
_KEPT = re.compile("0|[1-9][0-9]{0,8}")
"""Numbers that look the same as a number and as a text; phones are longer."""


def guard_formula(text: str) -> str:
    """Return a text with an apostrophe in front if a spreadsheet might run it; null characters are removed."""
    plain = text.replace("\0", "")
    return f"'{plain}" if _NEEDS_GUARD.match(plain) else plain


def spreadsheet_text(text: str) -> str:
    """Return a text for a CSV file that a spreadsheet opens, so that it stays the text it is."""
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
    """Return a text as it was before `guard_formula` or `spreadsheet_text`, or a program that does the same."""
    if text.startswith("'") and _GUARDED.match(text) is not None:
        text = text[1:]
    if text.startswith('="') and (constant := _CONSTANT.fullmatch(text)) is not None:
        return constant[1].replace('""', '"').strip()
    return text
