"""A file of leads: which kind of table it is, what its headings mean, and its rows, read one by one."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dealtrace.errors import FileUnreadable, InvalidParameters, Refusal, Violation
from dealtrace.files.call_columns import CALL_COLUMNS, call_of
from dealtrace.files.columns import Column, Layout, count_known, lay_out, missing_columns
from dealtrace.files.csv_reader import detect_encoding, read_csv
from dealtrace.files.lead_request_columns import LEAD_REQUEST_COLUMNS, WHO, lead_request_of
from dealtrace.files.row import COLUMNS_MAX, Row
from dealtrace.files.timestamps import instant_of
from dealtrace.files.xlsx_reader import OPENING, read_xlsx
from dealtrace.leads.call import IncomingCall
from dealtrace.leads.file_import import LeadRow
from dealtrace.leads.lead import LeadKind
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.record import record

FILE_BYTES_MAX = 2 << 30
OLD_EXCEL = b"\xd0\xcf\x11\xe0"


@record
class Reading:
    """How the rows of one kind of lead are read: `when` is the column that tells when it was."""

    columns: tuple[Column, ...]
    when: str
    make: Callable[[Mapping[str, Any], datetime], IncomingCall | IncomingLeadRequest]


READINGS: Mapping[LeadKind, Reading] = {
    LeadKind.CALL: Reading(CALL_COLUMNS, "started_at", call_of),
    LeadKind.LEAD_REQUEST: Reading(LEAD_REQUEST_COLUMNS, "requested_at", lead_request_of),
}


@record
class LeadFile:
    """A file that was looked through from end to end: it is a table, and this is what its headings mean.

    `encoding` is none for spreadsheets. `rows_total` counts the rows that are not blank, without the headings.
    """

    path: Path
    kind: LeadKind
    encoding: str | None
    digest: str
    headings: Row
    layout: Layout
    rows_total: int

    def rows(self, time_zone: ZoneInfo, after: int) -> Iterator[tuple[Row, LeadRow]]:
        """Read the leads of the rows behind row `after`, each beside its row; blank rows are passed over."""
        reading = READINGS[self.kind]
        for row in _table_of(self.path, self.encoding, reading.columns):
            if row.number > max(after, self.headings.number) and not row.is_blank:
                yield row, LeadRow(row.number, self._lead_of(reading, row, time_zone))

    def _lead_of(self, reading: Reading, row: Row, time_zone: ZoneInfo) -> IncomingCall | IncomingLeadRequest | Refusal:
        try:
            values = self.layout.read(row)
        except InvalidParameters as fault:
            return fault
        if self.kind is LeadKind.LEAD_REQUEST and not any(values.get(name) for name in WHO):
            return InvalidParameters([Violation("row", "нет ни телефона, ни почты, ни имени", _NOBODY)])
        at = instant_of(values[reading.when], values.get("time"), time_zone)
        if at is None:
            return InvalidParameters([Violation(self.layout.heading_of(reading.when), "нет времени суток", _NO_TIME)])
        return reading.make(values, at)


_NOBODY = "neither a phone nor an e-mail nor a name is told"
_NO_TIME = "the time of day is not told"


def open_lead_file(path: Path, kind: LeadKind, encoding: str | None) -> LeadFile:
    """Look a file through before anything of it is taken in; without an `encoding` that of the text is found out.

    Raises:
        FileUnreadable: it is no table, or lacks a column that must be there.
    """
    _check_file(path)
    with path.open("rb") as file:
        opening = file.read(len(OPENING))
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256")
    if opening == OLD_EXCEL:
        raise _unreadable(path, "это старый формат Excel, сохраните его как .xlsx или CSV", _OLD_FORMAT)
    digest.update(kind.encode())
    text_encoding = None if opening == OPENING else encoding or detect_encoding(path)
    columns = READINGS[kind].columns
    rows = (row for row in _table_of(path, text_encoding, columns) if not row.is_blank)
    headings = next(rows, None)
    if headings is None:
        raise _unreadable(path, "он пуст", "it is empty")
    layout = lay_out(headings.cells, columns)
    _check_layout(path, kind, layout)
    return LeadFile(path, kind, text_encoding, digest.hexdigest(), headings, layout, sum(1 for _ in rows))


_OLD_FORMAT = "it has the old format of Excel, save it as .xlsx or CSV"


def _table_of(path: Path, encoding: str | None, columns: Sequence[Column]) -> Iterator[Row]:
    if encoding is None:
        return read_xlsx(path)
    return read_csv(path, encoding, lambda headings: count_known(headings, columns))


def _check_file(path: Path) -> None:
    if not path.exists():
        raise _unreadable(path, "такого файла нет", "there is no such file")
    if not path.is_file():
        raise _unreadable(path, "это не файл", "it is no file")
    if path.stat().st_size > FILE_BYTES_MAX:
        raise _unreadable(path, f"он больше {FILE_BYTES_MAX} байт", f"it is larger than {FILE_BYTES_MAX} bytes")


def _check_layout(path: Path, kind: LeadKind, layout: Layout) -> None:
    if layout.width > COLUMNS_MAX:
        raise _unreadable(path, f"столбцов больше {COLUMNS_MAX}", f"it has more than {COLUMNS_MAX} columns")
    for column in missing_columns(layout, READINGS[kind].columns):
        known = ", ".join((column.name, *column.headings))
        raise _unreadable(path, f"нет столбца {column.name}; заголовок: {known}", f"no column {column.name}: {known}")
    if kind is LeadKind.LEAD_REQUEST and not layout.has(WHO):
        raise _unreadable(path, f"нет ни одного столбца из: {', '.join(WHO)}", f"none of the columns {', '.join(WHO)}")


def _unreadable(path: Path, ru: str, en: str) -> FileUnreadable:
    return FileUnreadable(file=path.name, ru=ru, en=en)
