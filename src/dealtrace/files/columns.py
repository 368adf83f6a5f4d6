"""The table of columns: one record each drives reading, errors and the document."""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from dealtrace.errors import InvalidParameters, InvalidValue, Language, Violation
from dealtrace.files.cell_types import CellType
from dealtrace.files.row import Cell, Row
from dealtrace.record import record

_RUSSIAN = re.compile(r"[а-яё]", re.IGNORECASE)
_BETWEEN_WORDS = re.compile(r"[\W_]+")


class Need(StrEnum):
    """What must be there: nothing, the column, or the column with something in each of its cells."""

    NOTHING = "no"
    COLUMN = "the column"
    CELL = "yes"


@record
class Column:
    """A column: our name, the other headings it is known by, how its cells are read, and what it is for."""

    name: str
    headings: tuple[str, ...]
    type: CellType
    meaning: str
    need: Need = Need.NOTHING


def plain(heading: Cell) -> str:
    """Bring a heading into the form it is compared in: letters and digits alone, without regard to case."""
    return _BETWEEN_WORDS.sub("", str(heading).casefold().replace("ё", "е"))


@record
class FoundColumn:
    """Where a column stands in a file, and under which heading."""

    position: int
    heading: str
    column: Column


@record
class Layout:
    """What the headings of one file mean; `passed_over` are those that mean nothing here."""

    found_columns: tuple[FoundColumn, ...]
    passed_over: tuple[str, ...]
    width: int
    language: Language

    def has(self, names: Iterable[str]) -> bool:
        """Whether the file has any of these columns."""
        return any(found.column.name in names for found in self.found_columns)

    def heading_of(self, name: str) -> str:
        """Tell under which heading a column stands here; its own name if it does not."""
        return next((found.heading for found in self.found_columns if found.column.name == name), name)

    def read(self, row: Row) -> dict[str, Any]:
        """Read a row: what its cells say, by the names of columns; empty cells are missing.

        Raises:
            InvalidParameters: every cell that does not fit.
        """
        values: dict[str, Any] = {}
        faults = [self._too_wide()] if any(str(cell).strip() for cell in row.cells[self.width :]) else []
        for found in self.found_columns:
            cell = row.cells[found.position] if found.position < len(row.cells) else ""
            try:
                if isinstance(cell, str) and not cell.strip():
                    self._check_need(found.column)
                else:
                    values[found.column.name] = found.column.type.read(cell)
            except InvalidValue as fault:
                faults.append(Violation(found.heading, fault.ru, fault.en))
        if faults:
            raise InvalidParameters(faults)
        return values

    def _too_wide(self) -> Violation:
        return Violation(
            "row",
            f"ячеек больше, чем {self.width} заголовков: текст с разделителем возьмите в кавычки",
            f"more cells than the {self.width} headings: put a text that holds the delimiter in quotes",
        )

    def _check_need(self, column: Column) -> None:
        if column.need is Need.CELL:
            raise InvalidValue("ячейка пуста, а значение обязательно", "the cell is empty, a value is needed")


def count_known(headings: Iterable[Cell], columns: Sequence[Column]) -> int:
    """Count the headings that mean something."""
    known = {one for column in columns for one in _known_by(column)}
    return sum(plain(heading) in known for heading in headings)


def lay_out(headings: Sequence[Cell], columns: Sequence[Column]) -> Layout:
    """Tell what each heading means. Of several that mean the same, the first as the column lists them counts."""
    written = [str(heading).strip() for heading in headings]
    positions: dict[str, int] = {}
    for position, heading in enumerate(written):
        positions.setdefault(plain(heading), position)
    found_columns = [
        FoundColumn(positions[found], written[positions[found]], column)
        for column in columns
        if (found := next((one for one in _known_by(column) if one in positions), None)) is not None
    ]
    used = {found.position for found in found_columns}
    passed_over = tuple(one for position, one in enumerate(written) if one and position not in used)
    is_russian = any(_RUSSIAN.search(found.heading) for found in found_columns)
    return Layout(tuple(found_columns), passed_over, len(written), "ru" if is_russian else "en")


def missing_columns(layout: Layout, columns: Sequence[Column]) -> list[Column]:
    """List the columns that must be there and are not."""
    return [one for one in columns if one.need is not Need.NOTHING and not layout.has((one.name,))]


def _known_by(column: Column) -> list[str]:
    return [plain(heading) for heading in (column.name, *column.headings)]


def values_of(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Pick what was said of these columns."""
    return {name: values[name] for name in names if name in values}
