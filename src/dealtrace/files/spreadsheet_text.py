"""Protect strings that a spreadsheet would read as formulas, numbers or dates, and remove this protection.

A spreadsheet that opens a CSV file runs some strings as formulas. A leading apostrophe prevents this; workbooks need it
too, because people edit them or save them as CSV. A spreadsheet also turns strings into numbers and dates: it drops
leading zeros, and rewrites phones as `7,92E+10`. Writing `="…"`, a formula with a constant string, prevents this.
"""

import re

FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
"""If a string begins with one of these characters, a spreadsheet may run it as a formula."""

NO_VALUE = frozenset(
    {
        "NULL", "null", r"\N", "(NULL)", "(null)", "[NULL]", "<NULL>", "<null>", "NaN", "nan", "None", "undefined",
        "0000-00-00", "0000-00-00 00:00:00",
    }
)  # fmt: skip
"""The strings that databases and programs write into spreadsheets and other tables for a missing value.

Ours: a cell with such a string is empty, in every column. Otherwise, if two phone calls had `NULL` as their id, the
second would be refused as a repetition of the first. In JSON, which has a null of its own, such a string is text.
Exports put an apostrophe before it.
"""

DASHES = frozenset("-–—")
"""The dashes that people and PBXs write for a missing value; in most columns, an import reads them as an empty cell."""

_NEEDS_GUARD = re.compile(rf"'*[{re.escape(FORMULA_STARTS)}]")
_FORMULA = re.compile(
    r"""=[-+ ]*(?:\$?[a-z]{1,3}\$?[0-9]|\w[\w.]*[(!]|[0-9("'{#\[])""",
    re.IGNORECASE,
)
"""The beginning of a formula: an equals sign, then a cell, a function, another sheet, a number or a string."""
_CONSTANT = re.compile(r'="((?:[^"]|"")*)"')
CONSTANT_LENGTH_MAX = 255
"""The maximum length of a constant string in a formula."""

_MONTH = "(?:янв|фев|мар|апр|ма|июн|июл|авг|сен|окт|ноя|дек|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-zа-яё]*+"
_CONVERTED = re.compile(rf'(?=[^0-9]*[0-9])(?:[0-9]|[^\w"]|{_MONTH}|[eе]|[ap]m?|руб|р)++', re.IGNORECASE)
"""A string that a spreadsheet may turn into a number, date, time or amount.

It consists of digits with signs, months, exponents or currencies.
"""
_KEPT = re.compile("0|[1-9][0-9]{0,8}")
"""A number that needs no protection, because a spreadsheet shows it unchanged; phones have more digits."""


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet would run a string of a CSV file as a formula.

    The result is `False` for a string protected by an apostrophe, for a formula that is only a constant string
    (`="…"`), and for text that begins with `=` but is not a formula, such as `=)`.
    """
    return text.startswith("=") and _FORMULA.match(text) is not None and _CONSTANT.fullmatch(text) is None


def guard_formula(text: str) -> str:
    """Return a string without null characters, and with a leading apostrophe if it looks like a formula.

    If the string already begins with an apostrophe that `unguarded_text` would remove, another apostrophe is added.
    """
    plain = text.replace("\0", "")
    needs_guard = _NEEDS_GUARD.match(plain) is not None or plain.strip() in NO_VALUE
    return f"'{plain}" if needs_guard or _is_guarded(plain) else plain


def _is_guarded(text: str) -> bool:
    """Return whether a string begins with an apostrophe that keeps a spreadsheet from changing the string.

    Ours: this includes an apostrophe before a number, date or amount, because people type it there in Excel.
    """
    bare = text.lstrip("'")
    is_changed = bare.startswith(tuple(FORMULA_STARTS)) or bare.strip() in NO_VALUE
    return len(bare) < len(text) and (is_changed or _CONVERTED.fullmatch(bare) is not None)


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


def comes_back(text: str) -> bool:
    """Return whether an import reads a string unchanged if the string was written to CSV without `spreadsheet_text`."""
    return unguarded_text(text) == text and not is_formula(text) and text.strip() not in NO_VALUE


def unguarded_text(text: str) -> str:
    """Return a string without the protection that `guard_formula`, `spreadsheet_text` or other programs gave it."""
    if _is_guarded(text):
        text = text[1:]
    if text.startswith('="') and (constant := _CONSTANT.fullmatch(text)) is not None:
        return constant[1].replace('""', '"').strip()
    return text
