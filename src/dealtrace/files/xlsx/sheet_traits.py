"""Read what the spreadsheet library omits: the epoch of dates, and the first sheet's cells without a value."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from posixpath import join, normpath
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError  # noqa: N812 - a class

from dealtrace.files.row import Cell, LostValue, NumberOf1904
from dealtrace.files.xlsx.size import column_number
from dealtrace.record import record

UNREADABLE = (BadZipFile, ZlibError, ExpatError, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)
"""The exceptions that reading a damaged workbook may raise."""
BLOCK_BYTES = 1 << 20
WORKBOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
UNCALCULATED = "=…"
LOST_MAX = 1_000_000
"""The maximum number of cells without a value, since all of them are kept in memory."""

_MAY_LACK_VALUES = re.compile(rb"<(?:\w+:)?f\b|\bt\s*=\s*[\"']e[\"']")
_REFERENCE = re.compile("([A-Z]{1,3})([0-9]{1,7})")


@record
class SheetTraits:
    """What the library omits about a sheet: whether days count from 1904, and which cells have no value.

    `lost` has the cells without a value (an error, or a formula that was not calculated), first by row number, from 1,
    then by column number, from 0.
    """

    is_of_1904: bool
    lost: dict[int, dict[int, LostValue]]

    def complete(self, number: int, cells: Sequence[Cell], first_column: int) -> Sequence[Cell]:
        """Return the `cells` of row `number`, which begin at `first_column`, with a `LostValue` where a value was lost.

        In a workbook that counts days from 1904, numbers are marked as `NumberOf1904`.
        """
        if self.is_of_1904:
            cells = [
                NumberOf1904(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else cell
                for cell in cells
            ]
        if number not in self.lost:
            return cells
        lost = {column - first_column: value for column, value in self.lost[number].items()}
        width = max(len(cells), max(lost) + 1)
        return [lost.get(column, cells[column] if column < len(cells) else "") for column in range(width)]


def read_sheet_traits(path: Path) -> SheetTraits:
    """Read the traits of the first sheet of a workbook.

    Raises:
        One of `UNREADABLE`: the workbook is damaged.
    """
    with ZipFile(path) as packed:
        names = {name.lower(): name for name in packed.namelist()}
        if WORKBOOK not in names:
            return SheetTraits(is_of_1904=False, lost={})
        workbook = _Workbook()
        for name in (WORKBOOK, RELATIONS):
            if name in names:
                _parse(packed, names[name], workbook.start)
        sheet = names.get(workbook.first_sheet().lower())
        lost = _lost_values(packed, sheet) if sheet is not None and _may_lack_values(packed, sheet) else {}
    return SheetTraits(is_of_1904=workbook.is_of_1904, lost=lost)


def _parse(packed: ZipFile, name: str, start: Callable[[str, dict[str, str]], None]) -> None:
    parser = ParserCreate()
    parser.StartElementHandler = start
    with packed.open(name) as opened:
        parser.ParseFile(opened)


class _Workbook:
    """Finds the path of a workbook's first sheet, and whether days count from 1904; `start` handles XML elements."""

    def __init__(self) -> None:
        self.is_of_1904 = False
        self._first_id: str | None = None
        self._target = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Handle the start of an XML element of the workbook file, and later of its relations file."""
        match name.rpartition(":")[2]:
            case "workbookPr":
                self.is_of_1904 = attributes.get("date1904") in ("1", "true", "on")
            case "sheet" if self._first_id is None:
                self._first_id = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            case "Relationship" if not self._target and attributes.get("Id") == self._first_id:
                self._target = attributes.get("Target", "")

    def first_sheet(self) -> str:
        """Return the archive path of the workbook's first sheet, or an empty string if the workbook names no sheet."""
        return normpath(join("/xl", self._target)).lstrip("/") if self._target else ""


def _may_lack_values(packed: ZipFile, sheet: str) -> bool:
    carried = b""
    with packed.open(sheet) as opened:
        while block := opened.read(BLOCK_BYTES):
            if _MAY_LACK_VALUES.search(carried + block) is not None:
                return True
            carried = block[-64:]
    return False


def _lost_values(packed: ZipFile, sheet: str) -> dict[int, dict[int, LostValue]]:
    cells = _Cells()
    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = cells.start
    parser.EndElementHandler = cells.end
    parser.CharacterDataHandler = cells.add_text
    with packed.open(sheet) as opened:
        parser.ParseFile(opened)
    return cells.lost


class _Cells:
    """Collects the cells that have an error or an uncalculated formula; its methods are handlers of an XML parser."""

    def __init__(self) -> None:
        self.lost: dict[int, dict[int, LostValue]] = {}
        self._row, self._column, self._count = 0, -1, 0
        self._type, self._value = "", ""
        self._has_formula = self._in_value = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Handle the start of an XML element: keep the place and type of the current cell."""
        match name.rpartition(":")[2]:
            case "row":
                self._row, self._column = int(attributes.get("r", self._row + 1)), -1
            case "c":
                self._start_cell(attributes)
            case "f":
                self._has_formula = True
            case "v":
                self._in_value = True

    def _start_cell(self, attributes: dict[str, str]) -> None:
        reference = _REFERENCE.fullmatch(attributes.get("r", ""))
        self._column += 1
        if reference is not None:
            self._row, self._column = int(reference[2]), column_number(reference[1]) - 1
        self._type, self._value, self._has_formula = attributes.get("t", "n"), "", False

    def add_text(self, text: str) -> None:
        """Handle text; only text inside values is used."""
        if self._in_value:
            self._value += text

    def end(self, name: str) -> None:
        """Handle the end of an XML element; if it ends a cell that has an error or no value, record the cell.

        A formula whose result is an empty string has a value.
        """
        match name.rpartition(":")[2]:
            case "v":
                self._in_value = False
            case "c" if self._type == "e":
                self._lose(self._value.strip() or "#N/A")
            case "c" if self._has_formula and not self._value.strip() and self._type not in ("str", "s", "inlineStr"):
                self._lose(UNCALCULATED)

    def _lose(self, shown: str) -> None:
        self._count += 1
        if self._count > LOST_MAX:
            raise ValueError(f"more than {LOST_MAX} cells have an error or no value")
        self.lost.setdefault(self._row, {})[self._column] = LostValue(shown)
