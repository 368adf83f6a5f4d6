"""A row of a table, independent of the file format."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from dealtrace.record import record


class NumberOf1904(float):
    """A number in a workbook that counts its days from 1904, as old Macintoshes did."""


@record
class LostValue:
    """A cell without its value: an error (`#N/A`), or a formula that no program has calculated."""

    shown: str

    def __str__(self) -> str:
        """Return what the spreadsheet shows."""
        return self.shown


Cell = str | int | float | bool | datetime | date | time | timedelta | LostValue
"""The value of a cell; CSV has texts only. An empty text is an empty cell."""

COLUMNS_MAX = 256


@record
class Row:
    """A row and its number as a spreadsheet shows it: the headings are usually row 1.

    `is_malformed` marks a line whose quotes do not show where its cells end.
    """

    number: int
    cells: Sequence[Cell]
    is_malformed: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether all cells are empty."""
        return all(isinstance(cell, str) and not cell.strip() for cell in self.cells)
