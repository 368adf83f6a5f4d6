"""Read what the spreadsheet library does not report: the epoch of dates, and the cells that have lost their value."""

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
_INTERRUPTED_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^<>]{0,30})?>[^<]{0,40}<[!?]")
"""A value that is interrupted by a comment, CDATA or a processing instruction; the library reads only its beginning."""
_STRINGS = frozenset({"str", "s", "inlineStr"})
_TRUE = frozenset({"1", "true", "on"})
_HIDDEN = frozenset({"hidden", "veryHidden"})
_TABLE_SHEET = "/worksheet"
"""The ending of the type of a sheet with cells; there are also sheets with a chart alone."""
_CARRIED_BYTES = 128
"""Matches of the patterns above are shorter than this; a match may begin in one block and end in the next."""
_REFERENCE = re.compile("([A-Z]{1,3})([0-9]{1,7})")


@record
class SheetTraits:
    """What the library does not report about a sheet: whether days count from 1904, and which cells have no value.

    `position` is the sheet's place in the workbook, from 0: the sheet is the first that is neither hidden nor a chart.
    `lost` has the cells without a value (an error, or a formula that was not calculated), first by row number, from 1,
    then by column number, from 0.
    """

    is_of_1904: bool
    lost: dict[int, dict[int, LostValue]]
    position: int = 0

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
    """Read the traits of the sheet with the table of a workbook.

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
        position, path_in_book = workbook.table_sheet()
        sheet = names.get(path_in_book.lower())
        cells = _Cells(is_uncalculated=workbook.is_uncalculated)
        if sheet is not None and _may_lack_values(packed, sheet):
            _find_lost(packed, sheet, cells)
    return SheetTraits(is_of_1904=workbook.is_of_1904, lost=cells.lost, position=position)


def _parse(packed: ZipFile, name: str, start: Callable[[str, dict[str, str]], None]) -> None:
    parser = ParserCreate()
    parser.StartElementHandler = start
    with packed.open(name) as opened:
        parser.ParseFile(opened)


class _Workbook:
    """Finds a workbook's sheet with the table, and how to read its cells; `start` handles XML elements.

    `is_uncalculated` is whether the program that wrote the workbook left its formulas to be calculated on opening.
    """

    def __init__(self) -> None:
        self.is_of_1904 = self.is_uncalculated = False
        self._sheets: list[tuple[str, bool]] = []
        self._targets: dict[str, tuple[str, bool]] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Handle the start of an XML element of the workbook file, and later of its relations file."""
        match name.rpartition(":")[2]:
            case "workbookPr":
                self.is_of_1904 = attributes.get("date1904") in _TRUE
            case "calcPr":
                self.is_uncalculated = attributes.get("fullCalcOnLoad") in _TRUE
            case "sheet":
                relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
                self._sheets.append((relation, attributes.get("state") not in _HIDDEN))
            case "Relationship":
                is_table = attributes.get("Type", "").endswith(_TABLE_SHEET)
                self._targets.setdefault(attributes.get("Id", ""), (attributes.get("Target", ""), is_table))

    def table_sheet(self) -> tuple[int, str]:
        """Return the position and the archive path of the first visible sheet with cells, or else of the first sheet.

        The path is empty if the workbook names no sheet.
        """
        found = [(*self._targets.get(relation, ("", False)), is_visible) for relation, is_visible in self._sheets]
        visible = (place for place, (_, is_table, is_visible) in enumerate(found) if is_table and is_visible)
        position = next(visible, 0)
        target = found[position][0] if found else ""
        return position, normpath(join("/xl", target)).lstrip("/") if target else ""


def _may_lack_values(packed: ZipFile, sheet: str) -> bool:
    """Return whether a sheet has formulas or errors.

    Raises:
        ValueError: the library cannot read a value of the sheet completely.
    """
    carried, may_lack = b"", False
    with packed.open(sheet) as opened:
        while block := opened.read(BLOCK_BYTES):
            text = carried + block
            if _INTERRUPTED_VALUE.search(text) is not None:
                raise ValueError("a value has a comment or a CDATA section in it")
            may_lack = may_lack or _MAY_LACK_VALUES.search(text) is not None
            carried = block[-_CARRIED_BYTES:]
    return may_lack


def _find_lost(packed: ZipFile, sheet: str, cells: "_Cells") -> None:
    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = cells.start
    parser.EndElementHandler = cells.end
    parser.CharacterDataHandler = cells.add_text
    with packed.open(sheet) as opened:
        parser.ParseFile(opened)


class _Cells:
    """Collects the cells that have an error or an uncalculated formula; its methods are handlers of an XML parser.

    With `is_uncalculated`, a formula whose value is 0 has not been calculated: XlsxWriter writes this value for all of
    them.
    """

    def __init__(self, *, is_uncalculated: bool) -> None:
        self.lost: dict[int, dict[int, LostValue]] = {}
        self._is_uncalculated = is_uncalculated
        self._row, self._column, self._count = 0, -1, 0
        self._type, self._value = "", ""
        self._has_formula = self._in_value = self._has_value = False

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
                self._in_value = self._has_value = True
            case "is":
                self._has_value = True

    def _start_cell(self, attributes: dict[str, str]) -> None:
        reference = _REFERENCE.fullmatch(attributes.get("r", ""))
        self._column += 1
        if reference is not None:
            self._row, self._column = int(reference[2]), column_number(reference[1]) - 1
        self._type, self._value, self._has_formula = attributes.get("t", "n"), "", False
        self._has_value = False

    def add_text(self, text: str) -> None:
        """Handle text; only text inside values is used."""
        if self._in_value:
            self._value += text

    def end(self, name: str) -> None:
        """Handle the end of an XML element; if it ends a cell that has an error or no value, record the cell.

        A formula whose result is an empty string has a value, which is empty.
        """
        match name.rpartition(":")[2]:
            case "v":
                self._in_value = False
            case "c" if self._type == "e":
                self._lose(self._value.strip() or "#N/A")
            case "c" if self._has_formula and self._is_value_missing():
                self._lose(UNCALCULATED)

    def _is_value_missing(self) -> bool:
        if not self._has_value:
            return True
        if self._type in _STRINGS:
            return False
        value = self._value.strip()
        return not value or (self._is_uncalculated and self._type == "n" and value == "0")

    def _lose(self, shown: str) -> None:
        self._count += 1
        if self._count > LOST_MAX:
            raise ValueError(f"more than {LOST_MAX} cells have an error or no value")
        self.lost.setdefault(self._row, {})[self._column] = LostValue(shown)
