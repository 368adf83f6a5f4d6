"""Read XLSX files: the rows of the first sheet."""

import re
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from python_calamine import CalamineError, CalamineWorkbook

from dealtrace.errors import FileUnreadable
from dealtrace.files.row import COLUMNS_MAX, Row
from dealtrace.files.sheet_traits import UNREADABLE, read_sheet_traits
from dealtrace.files.unreadable import unreadable

MAGIC = b"PK\x03\x04"
UNPACKED_BYTES_MAX = 1 << 30
CELLS_MAX = 20_000_000
"""The largest product of rows and columns: the library keeps the whole rectangle in memory, even if few cells are
filled.
"""
BLOCK_BYTES = 1 << 20
REFERENCE_BYTES_MAX = 64
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_COUNT = re.compile(rb'ount\s*=\s*["\']([0-9]{1,20})')
_CELL = re.compile(rb'\br\s*=\s*["\']([A-Za-z]{0,8})([0-9]{1,20})["\']')


def read_xlsx(path: Path) -> Iterator[Row]:
    """Yield the rows of the first sheet, including empty rows above the table.

    Raises:
        FileUnreadable: the file is damaged, protected by a password, or too large when unpacked.
    """
    _check_size(path)
    try:
        traits = read_sheet_traits(path)
        with CalamineWorkbook.from_path(path) as book:
            sheet = book.get_sheet_by_index(0)
            first_column = sheet.start[1] if sheet.start is not None else 0
            number = 0
            for number, cells in enumerate(sheet.iter_rows(), 1):
                yield Row(number, traits.complete(number, cells, first_column))
            for beyond in sorted(row for row in traits.lost if row > number):
                yield Row(beyond, traits.complete(beyond, [], first_column))
    except (CalamineError, *UNREADABLE) as error:
        raise _damaged(path, str(error)) from error


def _check_size(path: Path) -> None:
    """Check the size before the library reads the file: a small file may unpack to more than fits in memory.

    Raises:
        FileUnreadable: the file is too large when unpacked, or damaged.
    """
    try:
        with ZipFile(path) as packed:
            entries = packed.infolist()
            if sum(entry.file_size for entry in entries) > UNPACKED_BYTES_MAX:
                raise _too_large(path)
            for entry in entries:
                if entry.filename.endswith(".xml"):
                    _check_entry(packed, entry, path)
    except UNREADABLE as error:
        raise _damaged(path, str(error)) from error


def _check_entry(packed: ZipFile, entry: ZipInfo, path: Path) -> None:
    """Check a sheet's last cell and stated counts against the limits, since the library reserves memory for both."""
    rows = columns = counted = 0
    carried = b""
    is_sheet = _SHEET.fullmatch(entry.filename) is not None
    with packed.open(entry) as opened:
        while block := opened.read(BLOCK_BYTES):
            text, carried = carried + block, block[-REFERENCE_BYTES_MAX:]
            cells = set(_CELL.findall(text)) if is_sheet else set()
            rows = max(rows, max((int(row) for _, row in cells), default=0))
            columns = max(columns, max((_column_number(letters) for letters, _ in cells), default=0))
            counted = max(counted, max((int(digits) for digits in _COUNT.findall(text)), default=0))
            if columns > COLUMNS_MAX or max(rows * columns, counted) > CELLS_MAX:
                raise _too_large(path)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _too_large(path: Path) -> FileUnreadable:
    return unreadable(
        path,
        f"таблица слишком велика (не более {COLUMNS_MAX} столбцов и {CELLS_MAX} ячеек): сохраните её как CSV",
        f"the table is too large (at most {COLUMNS_MAX} columns and {CELLS_MAX} cells): save it as CSV",
    )


def _damaged(path: Path, reason: str) -> FileUnreadable:
    return unreadable(
        path,
        f"файл Excel повреждён или защищён паролем ({reason})",
        f"the Excel file is damaged or password-protected ({reason})",
    )
