"""A row of a table, independent of the file format."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from dealtrace.record import record

Cell = str | int | float | bool | datetime | date | time | timedelta
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
