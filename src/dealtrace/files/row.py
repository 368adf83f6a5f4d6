"""A row of a table, whatever file it stands in."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from dealtrace.record import record

Cell = str | int | float | bool | datetime | date | time | timedelta
"""What a cell holds; CSV knows texts alone. An empty text is an empty cell."""

COLUMNS_MAX = 256


@record
class Row:
    """A row with its number, counted as a spreadsheet shows it: the headings are most often row 1."""

    number: int
    cells: Sequence[Cell]

    @property
    def is_blank(self) -> bool:
        """Whether nothing is written in it."""
        return all(isinstance(cell, str) and not cell.strip() for cell in self.cells)
