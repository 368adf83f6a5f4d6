"""Columns of imported tables; parsing, error messages and documentation all use the same record of a column."""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from dealtrace.errors import InvalidParameters, InvalidValue, Language, Violation
from dealtrace.files.cell_types import CellType, CodeCell, IntegerCell, NumberCell, ReferenceCell, TagsCell, WordCell
from dealtrace.files.row import Cell, FileRow, StatedText
from dealtrace.files.spreadsheet_text import DASHES, NO_VALUE, unguarded_text
from dealtrace.files.timestamp_cells import TimeOfDayCell, TimestampCell
from dealtrace.leads.reference_spelling import names_nothing
from dealtrace.record import record

_RUSSIAN = re.compile(r"[а-яё]", re.IGNORECASE)
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_NEVER_A_DASH = (CodeCell, IntegerCell, NumberCell, TagsCell, TimeOfDayCell, TimestampCell, WordCell)
"""The types of the columns in which a cell with one of `DASHES` is empty."""

ROW = "row"
"""The field of a violation that is about a whole row."""
RowValues = dict[str, Any]
"""The values of a row by column name, typed Any: each value has the type that its column parses."""


class Need(StrEnum):
    """Whether a file must have a column: it is optional, required, or required with a value in every row."""

    NOTHING = "no"
    COLUMN = "the column"
    CELL = "yes"


@record
class ImportColumn:
    """A column: its name, other accepted headings, the type of its cells, and its meaning."""

    name: str
    headings: tuple[str, ...]
    type: CellType
    meaning: str
    need: Need = Need.NOTHING


def heading_text(heading: Cell) -> str:
    """Return the text of a heading, trimmed."""
    return unguarded_text(str(heading).strip())


def normalize_heading(heading: Cell) -> str:
    """Return a heading in the form used for comparing: letters and digits only, in lower case."""
    return _BETWEEN_WORDS.sub("", heading_text(heading).casefold().replace("ё", "е"))


def column_titles(column: ImportColumn) -> tuple[str, str]:
    """Return the Russian and the English title of a column, for messages that say that the column is missing.

    Both include the column's name for programs.
    """
    heading = next((each for each in column.headings if _RUSSIAN.search(each)), "")
    meaning = column.meaning.partition(";")[0].rstrip(".")
    return f"«{heading}» ({column.name})" if heading else column.name, (
        f"{meaning[:1].lower()}{meaning[1:]} ({column.name})"
    )


def accepted_headings(column: ImportColumn) -> str:
    """Return the headings that a file may have for a column, in one string; the Russian headings come first."""
    return ", ".join(sorted((column.name, *column.headings), key=lambda each: _RUSSIAN.search(each) is None))


def row_fault(violations: Iterable[Violation], language: Language) -> str:
    """Return a message with all faults of a row; invalid cells are named by their headings."""
    word = "столбец «{}»: {}" if language == "ru" else "column “{}”: {}"
    texts = [(each.field, each.text(language)) for each in violations]
    return "; ".join(text if field == ROW else word.format(field, text) for field, text in texts)


@record
class FoundColumn:
    """The position and heading of a column in a file."""

    position: int
    heading: str
    column: ImportColumn


@record
class Layout:
    """The columns found in a file; `width` is the number of all headings, including those that are ignored.

    `language` is Russian if the heading of any found column is in Russian.
    """

    found_columns: tuple[FoundColumn, ...]
    ignored_headings: tuple[str, ...]
    width: int
    language: Language

    def has(self, names: Iterable[str]) -> bool:
        """Return whether the file has any of these columns."""
        return any(found.column.name in names for found in self.found_columns)

    def heading_of(self, name: str) -> str:
        """Return the heading of a column in this file, or the column's name if the file does not have the column."""
        return next((found.heading for found in self.found_columns if found.column.name == name), name)

    def read(self, row: FileRow) -> RowValues:
        """Parse a row and return its values by column name, without empty cells.

        Raises:
            InvalidParameters: lists every invalid cell.
        """
        if row.fault is not None:
            raise InvalidParameters([row.fault])
        values: RowValues = {}
        violations = [self._too_wide()] if any(str(cell).strip() for cell in row.cells[self.width :]) else []
        for found in self.found_columns:
            cell = row.cells[found.position] if found.position < len(row.cells) else ""
            try:
                if isinstance(cell, str) and _is_empty(cell, found.column.type):
                    self._check_need(found.column)
                else:
                    values[found.column.name] = found.column.type.read(cell)
            except InvalidValue as error:
                violations.append(Violation(found.heading, error.ru, error.en))
        if violations:
            raise InvalidParameters(violations)
        return values

    def _too_wide(self) -> Violation:
        return Violation(
            ROW,
            f"ячеек больше, чем заголовков ({self.width}): возьмите текст с разделителем в кавычки",
            f"more cells than the {self.width} headings: quote cells that contain the delimiter",
        )

    def _check_need(self, column: ImportColumn) -> None:
        if column.need is Need.CELL:
            raise InvalidValue("ячейка пуста, а значение обязательно", "the cell is empty, but a value is required")


def _is_empty(cell: str, cell_type: CellType) -> bool:
    """Return whether a cell is empty or has a placeholder for a missing value."""
    text = cell.strip()
    if isinstance(cell_type, ReferenceCell) and names_nothing(text) and not text.startswith("#"):
        return True  # what begins with # is an error of a spreadsheet, whose row is refused
    if not text or isinstance(cell, StatedText):
        return not text
    return text in NO_VALUE or (text in DASHES and isinstance(cell_type, _NEVER_A_DASH))


def count_known(headings: Iterable[Cell], columns: Sequence[ImportColumn]) -> int:
    """Return the number of `headings` that are names or headings of `columns`."""
    known = {heading for column in columns for heading in _accepted_headings(column)}
    return sum(normalize_heading(heading) in known for heading in headings)


def lay_out(headings: Sequence[Cell], columns: Sequence[ImportColumn]) -> Layout:
    """Return the layout of a file: the `columns` that its headings name, with their positions.

    If several headings name the same column, the one listed first in `Column.headings` is used.
    """
    texts = [heading_text(heading) for heading in headings]
    positions: dict[str, int] = {}
    for position, heading in enumerate(texts):
        positions.setdefault(normalize_heading(heading), position)
    found_columns = [
        FoundColumn(positions[found], texts[positions[found]], column)
        for column in columns
        if (found := next((heading for heading in _accepted_headings(column) if heading in positions), None))
        is not None
    ]
    ignored_headings = headings_beside(found_columns, texts)
    is_russian = any(_RUSSIAN.search(found.heading) for found in found_columns)
    return Layout(tuple(found_columns), ignored_headings, len(texts), "ru" if is_russian else "en")


def headings_beside(found_columns: Iterable[FoundColumn], texts: Sequence[str]) -> tuple[str, ...]:
    """Return the headings in `texts` at positions where no column was found; empty headings are left out."""
    used = {found.position for found in found_columns}
    return tuple(text for position, text in enumerate(texts) if text and position not in used)


def missing_columns(layout: Layout, columns: Sequence[ImportColumn]) -> list[ImportColumn]:
    """List the required columns that the file does not have."""
    return [column for column in columns if column.need is not Need.NOTHING and not layout.has((column.name,))]


def _accepted_headings(column: ImportColumn) -> list[str]:
    return [normalize_heading(heading) for heading in (column.name, *column.headings)]


def values_of(values: RowValues, names: Iterable[str]) -> RowValues:
    """Return the values of the columns `names`, by name; columns without a value are left out."""
    return {name: values[name] for name in names if name in values}
