"""A file to import: its kind, its columns, and its records row by row."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from dealtrace.errors import InvalidParameters
from dealtrace.files.call_columns import CALLS
from dealtrace.files.columns import Column, Layout, count_known, lay_out, missing_columns
from dealtrace.files.csv_reader import UTF_8, detect_encoding, read_csv
from dealtrace.files.deal_columns import DEALS
from dealtrace.files.import_format import ImportFormat, ImportNoun
from dealtrace.files.json_lines_reader import is_json_lines, read_json_lines
from dealtrace.files.lead_request_columns import LEAD_REQUESTS
from dealtrace.files.row import COLUMNS_MAX, Row
from dealtrace.files.unreadable import unreadable
from dealtrace.files.visit_columns import VISITS
from dealtrace.files.xlsx_reader import MAGIC, read_xlsx
from dealtrace.leads.file_import import ImportRow
from dealtrace.record import record

FILE_BYTES_MAX = 2 << 30
OLD_EXCEL_MAGIC = b"\xd0\xcf\x11\xe0"

FORMATS: Mapping[ImportNoun, ImportFormat] = {known.noun: known for known in (CALLS, LEAD_REQUESTS, DEALS, VISITS)}


@record
class ImportFile:
    """A file that was read once from start to end and is a table of records of one noun.

    `encoding` is `None` for spreadsheets. `rows_total` counts the rows that are not blank, without the headings.
    """

    path: Path
    format: ImportFormat
    encoding: str | None
    digest: str
    headings: Row
    layout: Layout
    rows_total: int
    read: Callable[[], Iterator[Row]]

    def rows(self, time_zone: ZoneInfo, after: int) -> Iterator[tuple[Row, ImportRow[object]]]:
        """Yield each row after row `after` with its record or why it is refused, without blank rows."""
        for row in self.read():
            if row.number > max(after, self.headings.number) and not row.is_blank:
                yield row, ImportRow(row.number, self._content(row, time_zone))

    def _content(self, row: Row, time_zone: ZoneInfo) -> object:
        try:
            return self.format.parse(row, self.layout, time_zone)
        except InvalidParameters as refusal:
            return refusal


def open_import_file(path: Path, noun: ImportNoun, encoding: str | None, fields: Collection[str] = ()) -> ImportFile:
    """Open a file and read it once to check it; the encoding of a text file is detected if it is `None`.

    `fields` are the names of the site's custom fields.

    Raises:
        FileUnreadable: it is not a table, or a required column is missing.
    """
    _check_file(path)
    with path.open("rb") as file:
        magic = file.read(len(MAGIC))
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256")
    if magic == OLD_EXCEL_MAGIC:
        raise unreadable(path, "это старый формат Excel, сохраните файл как .xlsx или CSV", _OLD_FORMAT)
    digest.update(noun.encode())
    columns = FORMATS[noun].with_fields(fields)
    text_encoding, read = _reader(path, magic, encoding, columns)
    rows = (row for row in read() if not row.is_blank)
    headings = next(rows, None)
    if headings is None:
        raise unreadable(path, "файл пуст", "the file is empty")
    if headings.is_malformed:
        raise unreadable(path, f"строка {headings.number}: лишние кавычки", f"row {headings.number}: misplaced quotes")
    layout = lay_out(headings.cells, columns)
    _check_layout(path, FORMATS[noun], layout)
    rows_total = sum(1 for _ in rows)
    return ImportFile(path, FORMATS[noun], text_encoding, digest.hexdigest(), headings, layout, rows_total, read)


_OLD_FORMAT = "it is in the old Excel format, save it as .xlsx or CSV"


def _reader(
    path: Path, magic: bytes, encoding: str | None, columns: Sequence[Column]
) -> tuple[str | None, Callable[[], Iterator[Row]]]:
    """Return the encoding of a file, `None` for a spreadsheet, and what reads its rows from the beginning."""
    if magic == MAGIC:
        return None, partial(read_xlsx, path)
    if is_json_lines(path):
        return UTF_8, partial(read_json_lines, path)
    encoding = encoding or detect_encoding(path)
    return encoding, partial(read_csv, path, encoding, lambda headings: count_known(headings, columns))


def _check_file(path: Path) -> None:
    if not path.exists():
        raise unreadable(path, "файл не найден", "the file is missing")
    if not path.is_file():
        raise unreadable(path, "это не файл", "it is not a file")
    if path.stat().st_size > FILE_BYTES_MAX:
        raise unreadable(path, f"он больше {FILE_BYTES_MAX} байт", f"it is larger than {FILE_BYTES_MAX} bytes")


def _check_layout(path: Path, file_format: ImportFormat, layout: Layout) -> None:
    if layout.width > COLUMNS_MAX:
        raise unreadable(path, f"столбцов больше {COLUMNS_MAX}", f"it has more than {COLUMNS_MAX} columns")
    for column in missing_columns(layout, file_format.columns):
        accepted = ", ".join((column.name, *column.headings))
        raise unreadable(
            path,
            f"нет столбца {column.name}; подойдут заголовки: {accepted}",
            f"column {column.name} is missing; accepted headings: {accepted}",
        )
    if file_format.any_of and not layout.has(file_format.any_of):
        names = ", ".join(file_format.any_of)
        raise unreadable(path, f"нет ни одного из столбцов: {names}", f"all of these columns are missing: {names}")
