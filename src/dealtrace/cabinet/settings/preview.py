"""The preview of a file before its import: the first rows as they are parsed, and rows that will be refused."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

from dealtrace.accounts.site import Site
from dealtrace.cabinet.formats import NOTHING
from dealtrace.errors import Language, Refusal
from dealtrace.files.import_columns import Layout
from dealtrace.files.import_file import open_import_file
from dealtrace.files.import_formats import ImportNoun
from dealtrace.files.refused_rows import message_of_row
from dealtrace.files.row import FileRow
from dealtrace.record import record

ROWS_SHOWN = 10
REFUSED_SHOWN = 20
CHECKED_MAX = 20_000
"""The maximum number of rows that a preview reads; reading them takes about a second."""


@record
class RefusedRow:
    """The number of a row that will be refused, and the reason."""

    number: int
    reason: str


@record
class SettingsPreview:
    """The preview of a file; `headings` pairs each recognised heading with the name of the column that it stands for.

    Only the first `checked` of `total` rows were read.
    """

    name: str
    encoding: str
    headings: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    total: int
    checked: int
    refused_total: int
    refused: tuple[RefusedRow, ...]

    @property
    def refused_shown(self) -> int:
        """Return the number of rows with errors that are shown."""
        return len(self.refused)


def preview_file(path: Path, noun: ImportNoun, encoding: str | None, site: Site, language: Language) -> SettingsPreview:
    """Return the preview of a file: read its first rows as an import would, without storing anything.

    Raises:
        FileUnreadable: the file is not a table, or a required column is missing.
    """
    file = open_import_file(path, noun, encoding, site.custom_fields)
    shown: list[tuple[int, tuple[str, ...]]] = []
    refused: list[RefusedRow] = []
    checked = refused_total = 0
    for row, read in islice(file.rows(site.time_zone, 0), CHECKED_MAX):
        checked += 1
        if isinstance(read.content, Refusal):
            refused_total += 1
            if len(refused) < REFUSED_SHOWN:
                refused.append(RefusedRow(row.number, message_of_row(read.content, language)))
        elif len(shown) < ROWS_SHOWN:
            shown.append((row.number, preview_cells(row, file.layout)))
    return SettingsPreview(
        name=path.name,
        encoding=file.encoding or "XLSX",
        headings=tuple((found.heading, found.column.name) for found in file.layout.found_columns),
        ignored=file.layout.ignored_headings,
        rows=tuple(shown),
        total=file.rows_total,
        checked=checked,
        refused_total=refused_total,
        refused=tuple(refused),
    )


def preview_cells(row: FileRow, layout: Layout) -> tuple[str, ...]:
    """Return the parsed values of a row in the recognised columns, as strings."""
    values = layout.read(row)
    return tuple(_shown(values.get(found.column.name)) for found in layout.found_columns)


def _shown(value: object) -> str:
    match value:
        case None:
            return NOTHING
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case str():
            return value
        case Sequence():
            return ", ".join(map(_shown, value))
        case _:
            return str(value)
