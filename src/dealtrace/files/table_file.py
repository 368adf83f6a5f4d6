"""Open a table in a CSV, XLSX or JSON Lines file; the format is recognised by the content."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from dealtrace.files.csv_reader import UTF_8, Encoding, detect_encoding, read_csv
from dealtrace.files.import_columns import ImportColumn, count_known
from dealtrace.files.json_lines_reader import is_json_lines, read_json_lines
from dealtrace.files.row import Cell, FileRow
from dealtrace.files.unreadable import unreadable
from dealtrace.files.xlsx.reader import MAGIC, read_xlsx
from dealtrace.record import record

FILE_BYTES_MAX = 2 << 30
OLD_EXCEL_MAGIC = b"\xd0\xcf\x11\xe0"
_OLD_FORMAT = "the file is in the old Excel format: save it as .xlsx or CSV"


@record
class TableFile:
    """A file with a table, and a function that reads its rows from the beginning; `encoding` is `None` for XLSX."""

    path: Path
    encoding: str | None
    read: Callable[[], Iterator[FileRow]]


def open_table(
    path: Path,
    encoding: str | None,
    columns: Sequence[ImportColumn],
    *,
    head_lines: int = 1,
    plain_heading: Callable[[Cell], Cell] = lambda heading: heading,
) -> TableFile:
    """Open a table in a file; if `encoding` is `None`, the encoding of a text file is detected.

    The delimiter of a CSV file is found by its headings, which must be in one of the first `head_lines` lines.
    `plain_heading` converts each heading of the file before it is compared with the headings of `columns`.

    Raises:
        FileUnreadable: the file is missing, too large, in the old Excel format, or in an unknown encoding.
    """
    _check_file(path)
    with path.open("rb") as file:
        magic = file.read(len(MAGIC))
    if magic == OLD_EXCEL_MAGIC:
        raise unreadable(path, "это старый формат Excel, сохраните файл как .xlsx или CSV", _OLD_FORMAT)
    if magic == MAGIC:
        return TableFile(path, None, partial(read_xlsx, path))
    if is_json_lines(path):
        return TableFile(path, UTF_8, partial(read_json_lines, path))
    encoding = encoding or detect_encoding(path)
    if encoding not in list(Encoding):
        known_ones = ", ".join(Encoding)
        raise unreadable(path, f"такой кодировки нет, есть {known_ones}", f"the encoding must be one of {known_ones}")

    def known(headings: Sequence[Cell]) -> int:
        return count_known(map(plain_heading, headings), columns)

    return TableFile(path, encoding, partial(read_csv, path, encoding, known, head_lines))


def _check_file(path: Path) -> None:
    if not path.exists():
        raise unreadable(path, "файл не найден", "the file was not found")
    if not path.is_file():
        raise unreadable(path, "это не файл", "this is not a file")
    if path.stat().st_size > FILE_BYTES_MAX:
        raise unreadable(path, f"файл больше {FILE_BYTES_MAX} байт", f"the file is larger than {FILE_BYTES_MAX} bytes")
