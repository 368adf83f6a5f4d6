"""A file of calls or lead requests: its format, its columns, and its leads row by row."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from dealtrace.errors import FileUnreadable, InvalidParameters, Refusal, Violation
from dealtrace.files.call_columns import CALL_COLUMNS, call_of
from dealtrace.files.columns import Column, Layout, RowValues, count_known, lay_out, missing_columns
from dealtrace.files.csv_reader import detect_encoding, read_csv
from dealtrace.files.lead_request_columns import CLIENT_COLUMNS, LEAD_REQUEST_COLUMNS, lead_request_of
from dealtrace.files.row import COLUMNS_MAX, Row
from dealtrace.files.timestamps import instant_of
from dealtrace.files.xlsx_reader import MAGIC, read_xlsx
from dealtrace.leads.call import IncomingCall
from dealtrace.leads.file_import import LeadRow
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.record import record

FILE_BYTES_MAX = 2 << 30
OLD_EXCEL_MAGIC = b"\xd0\xcf\x11\xe0"


@record
class LeadFormat:
    """How rows become leads of one kind; `time_column` is the column with the time of the lead."""

    columns: tuple[Column, ...]
    time_column: str
    make_lead: Callable[[RowValues, datetime], IncomingCall | IncomingLeadRequest]


FORMATS: Mapping[LeadKind, LeadFormat] = {
    LeadKind.CALL: LeadFormat(CALL_COLUMNS, "started_at", call_of),
    LeadKind.LEAD_REQUEST: LeadFormat(LEAD_REQUEST_COLUMNS, "requested_at", lead_request_of),
}


@record
class LeadFile:
    """A file that was read once from start to end and is a table of leads.

    `encoding` is `None` for spreadsheets. `rows_total` counts the rows that are not blank, without the headings.
    """

    path: Path
    kind: LeadKind
    encoding: str | None
    digest: str
    headings: Row
    layout: Layout
    rows_total: int

    def rows(self, time_zone: ZoneInfo, after: int) -> Iterator[tuple[Row, LeadRow]]:
        """Yield each row after row `after` with its lead, without blank rows."""
        lead_format = FORMATS[self.kind]
        for row in _read_table(self.path, self.encoding, lead_format.columns):
            if row.number > max(after, self.headings.number) and not row.is_blank:
                yield row, LeadRow(row.number, self._parse_lead(lead_format, row, time_zone))

    def _parse_lead(
        self, lead_format: LeadFormat, row: Row, time_zone: ZoneInfo
    ) -> IncomingCall | IncomingLeadRequest | Refusal:
        try:
            values = self.layout.read(row)
        except InvalidParameters as refusal:
            return refusal
        if self.kind is LeadKind.LEAD_REQUEST and not any(values.get(name) for name in CLIENT_COLUMNS):
            return InvalidParameters([Violation("row", "нет ни телефона, ни почты, ни имени", _NO_CLIENT)])
        at = instant_of(values[lead_format.time_column], values.get("time"), time_zone)
        if at is None:
            heading = self.layout.heading_of(lead_format.time_column)
            return InvalidParameters([Violation(heading, "нет времени суток", _NO_TIME)])
        return lead_format.make_lead(values, at)


_NO_CLIENT = "the phone, the e-mail and the name are all missing"
_NO_TIME = "the time of day is missing"


def open_lead_file(path: Path, kind: LeadKind, encoding: str | None) -> LeadFile:
    """Open a file and read it once to check it; the encoding of a text file is detected if it is `None`.

    Raises:
        FileUnreadable: it is not a table, or a required column is missing.
    """
    _check_file(path)
    with path.open("rb") as file:
        magic = file.read(len(MAGIC))
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256")
    if magic == OLD_EXCEL_MAGIC:
        raise _unreadable(path, "это старый формат Excel, сохраните файл как .xlsx или CSV", _OLD_FORMAT)
    digest.update(kind.encode())
    text_encoding = None if magic == MAGIC else encoding or detect_encoding(path)
    columns = FORMATS[kind].columns
    rows = (row for row in _read_table(path, text_encoding, columns) if not row.is_blank)
    headings = next(rows, None)
    if headings is None:
        raise _unreadable(path, "файл пуст", "the file is empty")
    if headings.is_malformed:
        raise _unreadable(path, f"строка {headings.number}: лишние кавычки", f"row {headings.number}: misplaced quotes")
    layout = lay_out(headings.cells, columns)
    _check_layout(path, kind, layout)
    return LeadFile(path, kind, text_encoding, digest.hexdigest(), headings, layout, sum(1 for _ in rows))


_OLD_FORMAT = "it is in the old Excel format, save it as .xlsx or CSV"


def _read_table(path: Path, encoding: str | None, columns: Sequence[Column]) -> Iterator[Row]:
    if encoding is None:
        return read_xlsx(path)
    return read_csv(path, encoding, lambda headings: count_known(headings, columns))


def _check_file(path: Path) -> None:
    if not path.exists():
        raise _unreadable(path, "файл не найден", "the file is missing")
    if not path.is_file():
        raise _unreadable(path, "это не файл", "it is not a file")
    if path.stat().st_size > FILE_BYTES_MAX:
        raise _unreadable(path, f"он больше {FILE_BYTES_MAX} байт", f"it is larger than {FILE_BYTES_MAX} bytes")


def _check_layout(path: Path, kind: LeadKind, layout: Layout) -> None:
    if layout.width > COLUMNS_MAX:
        raise _unreadable(path, f"столбцов больше {COLUMNS_MAX}", f"it has more than {COLUMNS_MAX} columns")
    for column in missing_columns(layout, FORMATS[kind].columns):
        accepted = ", ".join((column.name, *column.headings))
        raise _unreadable(
            path,
            f"нет столбца {column.name}; подойдут заголовки: {accepted}",
            f"column {column.name} is missing; accepted headings: {accepted}",
        )
    if kind is LeadKind.LEAD_REQUEST and not layout.has(CLIENT_COLUMNS):
        names = ", ".join(CLIENT_COLUMNS)
        raise _unreadable(path, f"нет ни одного из столбцов: {names}", f"all of these columns are missing: {names}")


def _unreadable(path: Path, ru: str, en: str) -> FileUnreadable:
    return FileUnreadable(file=path.name, ru=ru, en=en)
