"""Check how much memory an XLSX file needs, before the library that reads it allocates that memory.

The library ends the whole process if it cannot allocate memory, so the sizes declared in a file are not trusted. Every
entry of the archive is unpacked to its end, and cells and strings are counted as the library counts them.
"""

import re
from array import array
from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path
from typing import IO
from xml.parsers.expat import ExpatError, ParserCreate, XMLParserType
from zipfile import ZipFile, ZipInfo

from dealtrace.errors import FileUnreadable
from dealtrace.files.row import COLUMNS_MAX
from dealtrace.files.unreadable import unreadable
from dealtrace.record import record

UNPACKED_BYTES_MAX = 1 << 30
CELLS_MAX = 20_000_000
"""The largest product of rows and columns of a sheet.

The library keeps the whole rectangle in memory, even if few cells are filled.
"""
SHARED_STRINGS_MAX = 1 << 30
"""The maximum total length of shared strings in all cells; the library copies a string to each cell that has it."""
BLOCK_BYTES = 1 << 20
MARK_BYTES_MAX = 64
"""Matches of the patterns below are shorter than this; a match may begin in one block and end in the next."""
_SHEET_MARK = b"sheetData"
_TEXT_MARK = re.compile(rb"[<:]si[\s/>]")
_COUNT = re.compile(rb'ount\s*=\s*["\']([0-9]{1,20})')
_BROKEN_TEXT = re.compile(rb"<!|&#")
"""Markup that makes the library stop reading a shared string's index; spreadsheet programs write indexes without it."""
_RELATIONS, _SHARED_STRINGS = "workbook.xml.rels", "sharedstrings"
"""The ending of the name of the entry that lists the sheets, and a part of the name of the entry of shared strings."""
_RELATIONS_BYTES_MAX = 1 << 20
_REFERENCE = re.compile("([A-Za-z]{0,8})([0-9]{1,20})")
_NUMBER = re.compile("[0-9]{1,20}")
_OTHER_FORMATS = frozenset({"content.xml", "xl/workbook.bin"})
"""Entries that only files of other formats have; such files are refused, since their size would not be checked."""


class XmlRefused(ValueError):  # noqa: N818 - it says what was done
    """An entry of the archive has a document type declaration, or an invalid cell reference."""


def check_size(path: Path) -> None:
    """Check that the tables and strings of a file fit in memory.

    Raises:
        FileUnreadable: the file is too large when unpacked, or is not an XLSX file.
        One of `UNREADABLE`: the file is damaged.
    """
    with ZipFile(path) as packed:
        if any(entry.filename.lower() in _OTHER_FORMATS for entry in packed.infolist()):
            raise unreadable(
                path,
                "это не XLSX: сохраните таблицу как .xlsx или CSV",
                "the file is not XLSX: save it as .xlsx or CSV",
            )
        try:
            _check_entries(packed)
        except _TooLarge as too_large:
            raise _refusal(path) from too_large


class _TooLarge(Exception):  # noqa: N818
    """The file exceeds a limit."""


def _check_entries(packed: ZipFile) -> None:
    """Check every entry of the archive, whatever its name, since the workbook may list any entry as a sheet.

    Raises:
        _TooLarge: the entries exceed a limit.
    """
    scanned = _Scanned([], [], frozenset(), 0)
    for entry in packed.infolist():
        scanned = _scan(packed, entry, scanned)
    is_read = _reads(packed)
    lengths = array("L")
    for entry in scanned.texts:
        _parse_if(packed, entry, _SharedStrings(lengths), must_parse=is_read(entry))
    longest = array("L", lengths)
    for position in range(10, len(longest)):
        longest[position] = max(longest[position], longest[position // 10])
    for entry in scanned.sheets:
        extent = _Extent(longest if entry.filename in scanned.broken else lengths)
        _parse_if(packed, entry, extent, must_parse=is_read(entry))


def _reads(packed: ZipFile) -> Callable[[ZipInfo], bool]:
    """Return a function that checks whether the XLSX library might read an entry as a sheet or as shared strings.

    The library reads an entry as a sheet only if the name of the entry, without the folder, occurs in the workbook's
    list of sheets.
    """
    named = b" ".join(_first_bytes(packed, each) for each in packed.infolist() if _names_sheets(each)).lower()
    is_plain = len(named) <= _RELATIONS_BYTES_MAX and b"&" not in named and b"%" not in named

    def is_read(entry: ZipInfo) -> bool:
        name = entry.filename.lower().replace("\\", "/").rpartition("/")[2]
        return not is_plain or _SHARED_STRINGS in name or name.encode() in named

    return is_read


def _names_sheets(entry: ZipInfo) -> bool:
    return entry.filename.lower().endswith(_RELATIONS)


def _first_bytes(packed: ZipFile, entry: ZipInfo) -> bytes:
    with _open(packed, entry) as opened:
        return opened.read(_RELATIONS_BYTES_MAX + 1)


def _parse_if(packed: ZipFile, entry: ZipInfo, handlers: "_SharedStrings | _Extent", *, must_parse: bool) -> None:
    """Parse an entry as XML; unless `must_parse`, ignore an entry that is not valid XML, such as a picture."""
    try:
        _parse(packed, entry, handlers)
    except (ExpatError, XmlRefused):
        if must_parse:
            raise


@record
class _Scanned:
    """What is known about the entries unpacked so far; `size` is the total number of their bytes.

    `sheets` are the entries that may have cells, and `texts` those that may have shared strings. `broken` has the names
    of entries with markup that may make the library stop in the middle of a shared string's index.
    """

    sheets: list[ZipInfo]
    texts: list[ZipInfo]
    broken: frozenset[str]
    size: int


def _scan(packed: ZipFile, entry: ZipInfo, before: _Scanned) -> _Scanned:
    """Unpack an entry, check its size and counts, and return `before` with this entry added.

    Raises:
        _TooLarge: the entries are too large, or declare a count for which the library would reserve too much memory.
    """
    size, has_cells, has_texts, is_broken, carried = before.size, False, False, False, b""
    for block in _blocks(packed, entry):
        size += len(block)
        text, carried = carried + block, block[-MARK_BYTES_MAX:]
        if size > UNPACKED_BYTES_MAX or any(int(digits) > CELLS_MAX for digits in _COUNT.findall(text)):
            raise _TooLarge
        has_cells = has_cells or _SHEET_MARK in text
        has_texts = has_texts or _TEXT_MARK.search(text) is not None
        is_broken = is_broken or _BROKEN_TEXT.search(text) is not None
    sheets, texts = [entry] * has_cells, [entry] * has_texts
    broken = before.broken | ({entry.filename} if is_broken else set())
    return _Scanned([*before.sheets, *sheets], [*before.texts, *texts], broken, size)


def _open(packed: ZipFile, entry: ZipInfo) -> IO[bytes]:
    """Open an entry so that all its data is read, as the library does, even if the archive declares a smaller size."""
    whole = copy(entry)
    whole.file_size = UNPACKED_BYTES_MAX + 1
    return packed.open(whole)


def _blocks(packed: ZipFile, entry: ZipInfo) -> Iterator[bytes]:
    with _open(packed, entry) as opened:
        while block := opened.read(BLOCK_BYTES):
            yield block


def _parse(packed: ZipFile, entry: ZipInfo, handlers: "_SharedStrings | _Extent") -> None:
    """Parse an entry as UTF-8, even if it declares another encoding, as the library does; refuse a DTD.

    Raises:
        XmlRefused: the entry has a DTD (document type declaration), which could make the library read other strings
            and attributes.
    """
    parser = ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    handlers.listen(parser)
    with _open(packed, entry) as opened:
        parser.ParseFile(opened)


def _refuse_doctype(*_: object) -> None:
    raise XmlRefused("a document type declaration (DTD) is not allowed")


class _SharedStrings:
    """Appends the length of each shared string to `lengths`; its methods are handlers of an XML parser."""

    def __init__(self, lengths: "array[int]") -> None:
        self._lengths = lengths

    def listen(self, parser: XMLParserType) -> None:
        """Make the methods of this object the handlers of `parser`."""
        parser.StartElementHandler = self._start
        parser.CharacterDataHandler = self._add_text

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "si":
            if len(self._lengths) >= CELLS_MAX:
                raise _TooLarge
            self._lengths.append(0)

    def _add_text(self, text: str) -> None:
        if self._lengths:
            self._lengths[-1] += len(text)


class _Extent:
    """Checks the size of a sheet and of the shared strings in its cells; its methods are handlers of an XML parser.

    A row or cell without a position follows the previous row or cell. `lengths` has the length of each
    shared string by its index. If the index in a cell has a comment or character reference among its digits, the
    library may read only the first digits and take another string. For sheets with such markup, `lengths` has, for
    each index, the greatest length of all strings that the library could take.
    """

    def __init__(self, lengths: "array[int]") -> None:
        self._lengths = lengths
        self._row = self._column = self._rows = self._columns = self._text = 0
        self._is_shared = False

    def listen(self, parser: XMLParserType) -> None:
        """Make the methods of this object the handlers of `parser`."""
        parser.StartElementHandler = self._start
        if self._lengths:
            parser.CharacterDataHandler = self._add_text

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(":")[2]
        if kind == "c":
            self._start_cell(attributes)
        elif kind == "row":
            self._row = _reference(attributes["r"])[1] if "r" in attributes else self._row + 1
            self._column, self._is_shared = 0, False

    def _start_cell(self, attributes: dict[str, str]) -> None:
        row = self._row
        self._column += 1
        if "r" in attributes:
            self._column, row = _reference(attributes["r"])
        self._is_shared = attributes.get("t") == "s"
        if row > self._rows or self._column > self._columns:
            self._rows, self._columns = max(self._rows, row, 1), max(self._columns, self._column)
            if self._columns > COLUMNS_MAX or self._rows * self._columns > CELLS_MAX:
                raise _TooLarge

    def _add_text(self, text: str) -> None:
        number = _NUMBER.match(text) if self._is_shared else None
        if number is not None:
            self._text += max(self._length(int(number[0])), self._length(0) if text[0] == "0" else 0)
            if self._text > SHARED_STRINGS_MAX:
                raise _TooLarge

    def _length(self, position: int) -> int:
        return self._lengths[position] if position < len(self._lengths) else 0


def _reference(text: str) -> tuple[int, int]:
    """Return the column and row, both counted from 1, of a reference such as `B7`; without letters, the column is 0.

    Raises:
        XmlRefused: the string is not a reference.
    """
    parts = _REFERENCE.fullmatch(text)
    if parts is None:
        raise XmlRefused(text[:MARK_BYTES_MAX])
    return column_number(parts[1]), int(parts[2])


def column_number(letters: str) -> int:
    """Return the number of a column from its letters: 1 for `A`, 27 for `AA`, and 0 for no letters."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _refusal(path: Path) -> FileUnreadable:
    return unreadable(
        path,
        f"таблица слишком велика (не более {COLUMNS_MAX} столбцов и {CELLS_MAX} ячеек): сохраните её как CSV",
        f"the table is too large (at most {COLUMNS_MAX} columns and {CELLS_MAX} cells): save it as CSV",
    )
