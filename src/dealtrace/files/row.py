"""A row of a table, independent of the file format."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from dealtrace.errors import Violation
from dealtrace.record import record


class NumberOf1904(float):
    """A number in a workbook that stores dates as days since 1904 (as on old Macintoshes), not since 1899."""


@record
class LostValue:
    """A cell without a value: an error (`#N/A`), or a formula that was not calculated."""

    shown: str

    def __str__(self) -> str:
        """Return the string that the spreadsheet shows in the cell."""
        return self.shown


class StatedText(str):
    """A string from JSON: it is never a formula, and an apostrophe at its beginning is part of the text."""

    __slots__ = ()


@record
class NestedValue:
    """A JSON value that is not plain text, such as an object; `shown` is its JSON."""

    shown: str

    def __str__(self) -> str:
        """Return the JSON of the value."""
        return self.shown


Cell = str | int | float | bool | datetime | date | time | timedelta | LostValue | NestedValue
"""The value of a cell; CSV has strings only. An empty string is an empty cell."""
ExportedValue = str | int | bool | Decimal | datetime | None
"""The value of an exported cell; a `datetime` is aware until `on_the_clock` converts it to local time."""

COLUMNS_MAX = 256
END_OF_DOS_FILE = "\x1a"


@record
class FileRow:
    """The cells of a row, and its number as spreadsheets show it: the headings are usually row 1.

    `fault` is the reason why the line cannot be split into cells reliably, such as a misplaced quote, or `None`.
    """

    number: int
    cells: Sequence[Cell]
    fault: Violation | None = None

    @property
    def is_blank(self) -> bool:
        """Return whether all cells are empty, apart from spaces and the character that ends a DOS file."""
        return all(isinstance(cell, str) and not cell.strip().strip(END_OF_DOS_FILE) for cell in self.cells)
