"""Open a file to import: check its columns, and read its records row by row."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from dealtrace.errors import InvalidParameters
from dealtrace.files.call_import_columns import CALLS
from dealtrace.files.deal_import_columns import DEALS
from dealtrace.files.decimal_signs import DecimalSigns
from dealtrace.files.import_columns import Layout, accepted_headings, column_titles, lay_out, missing_columns
from dealtrace.files.import_formats import ImportFormat, ImportNoun
from dealtrace.files.lead_request_import_columns import LEAD_REQUESTS
from dealtrace.files.row import FileRow
from dealtrace.files.table_file import open_table
from dealtrace.files.unreadable import check_width, take_headings, unreadable
from dealtrace.files.visit_import_columns import VISITS
from dealtrace.leads.file_import import ImportRow
from dealtrace.record import record

FORMATS: Mapping[ImportNoun, ImportFormat] = {known.noun: known for known in (CALLS, LEAD_REQUESTS, DEALS, VISITS)}


@record
class ImportFile:
    """A checked file to import: a table with records of one kind.

    `encoding` is `None` for spreadsheets. `digest` identifies the content and the kind of record. `rows_total` counts
    the rows that are not blank, without the headings.
    """

    path: Path
    format: ImportFormat
    encoding: str | None
    digest: str
    headings: FileRow
    layout: Layout
    rows_total: int
    read: Callable[[], Iterator[FileRow]]

    def rows(self, time_zone: ZoneInfo, after: int) -> Iterator[tuple[FileRow, ImportRow[object]]]:
        """Yield the nonblank rows after row number `after`, each with its record or, if it is invalid, its refusal."""
        for row in self.read():
            if row.number > max(after, self.headings.number) and not row.is_blank:
                yield row, ImportRow(row.number, self._content(row, time_zone))

    def _content(self, row: FileRow, time_zone: ZoneInfo) -> object:
        try:
            return self.format.parse(row, self.layout, time_zone)
        except InvalidParameters as refusal:
            return refusal


def open_import_file(path: Path, noun: ImportNoun, encoding: str | None, fields: Collection[str] = ()) -> ImportFile:
    """Open a file and read it once to check it; if `encoding` is `None`, the encoding of a text file is detected.

    `fields` are the names of the site's custom fields.

    Raises:
        FileUnreadable: the file is not a table, or a required column is missing.
    """
    columns = FORMATS[noun].with_fields(fields)
    table = open_table(path, encoding, columns)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(noun.encode())
    rows = (row for row in table.read() if not row.is_blank)
    headings = take_headings(path, rows)
    layout = lay_out(headings.cells, columns)
    _check_layout(path, FORMATS[noun], layout)
    signs, rows_total = DecimalSigns(layout), 0
    for row in rows:
        signs.note(row)
        rows_total += 1
    return ImportFile(
        path, FORMATS[noun], table.encoding, digest.hexdigest(), headings, signs.decided(), rows_total, table.read
    )


def _check_layout(path: Path, file_format: ImportFormat, layout: Layout) -> None:
    check_width(path, layout.width)
    for column in missing_columns(layout, file_format.columns):
        (ru, en), accepted = column_titles(column), accepted_headings(column)
        raise unreadable(
            path,
            f"нет столбца {ru}; подойдут заголовки: {accepted}",
            f"a column is missing: {en}; accepted headings: {accepted}",
        )
    if file_format.any_of and not layout.has(file_format.any_of):
        any_of = [column for column in file_format.columns if column.name in file_format.any_of]
        ru, en = (", ".join(titles) for titles in zip(*map(column_titles, any_of), strict=True))
        accepted = "; ".join(map(accepted_headings, any_of))
        raise unreadable(
            path,
            f"нет ни одного из столбцов: {ru}; подойдёт любой из заголовков: {accepted}",
            f"all of these columns are missing: {en}; one of these headings is needed: {accepted}",
        )
