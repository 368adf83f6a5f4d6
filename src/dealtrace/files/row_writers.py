"""Writers of rows, for files of any size: CSV, XLSX, JSON Lines."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, TextIO

import msgspec
import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.exceptions import XlsxFileError  # type: ignore[import-untyped]

from dealtrace.files.export_columns import Value
from dealtrace.files.formula_guard import guard_formula
from dealtrace.files.whole_file import written_whole

SHEET_ROWS_MAX = 1_048_576
CELL_LENGTH_MAX = 32_767
"""The limit of a spreadsheet cell; longer texts are truncated and counted."""
_BOOLEANS = {"ru": {True: "да", False: "нет"}, "en": {True: "true", False: "false"}}


class RowWriter(Protocol):
    """A file of rows; `cut` counts the texts that were truncated."""

    cut: int

    def add(self, row: Sequence[Value]) -> None:
        """Write one row; its values are in the order of the headings."""


class CsvFile:
    """CSV with commas, or for a Russian Excel: semicolons, a byte order mark, Russian dates and numbers."""

    def __init__(self, file: TextIO, headings: Sequence[str], *, for_excel: bool) -> None:
        self.cut = 0
        self._for_excel = for_excel
        if for_excel:
            file.write("\ufeff")
        self._rows = csv.writer(file, delimiter=";" if for_excel else ",", lineterminator="\r\n" if for_excel else "\n")
        self._rows.writerow([guard_formula(heading) for heading in headings])

    def add(self, row: Sequence[Value]) -> None:
        """Write a row; texts that a spreadsheet would run as a formula get a leading apostrophe."""
        self._rows.writerow([self._text(value) for value in row])

    def _text(self, value: Value) -> str:
        match value:
            case None:
                return ""
            case bool():
                return _BOOLEANS["ru" if self._for_excel else "en"][value]
            case Decimal():
                return f"{value:f}".replace(".", ",") if self._for_excel else f"{value:f}"
            case datetime():
                return f"{value:%d.%m.%Y %H:%M:%S}" if self._for_excel else f"{value:%Y-%m-%d %H:%M:%S}"
            case int():
                return str(value)
            case str():
                return guard_formula(value)


class XlsxFile:
    """A workbook; when a sheet is full, another one with the same headings follows. Rows are not held in memory."""

    def __init__(self, book: xlsxwriter.Workbook, headings: Sequence[str]) -> None:
        self.cut = 0
        self._book = book
        self._headings = headings
        self._timestamp_format = book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"})
        self._start_sheet()

    def add(self, row: Sequence[Value]) -> None:
        """Write a row; texts are never formulas, whatever they begin with."""
        if self._row == SHEET_ROWS_MAX:
            self._start_sheet()
        for column, value in enumerate(row):
            match value:
                case None | "":
                    continue
                case bool():
                    self._sheet.write_boolean(self._row, column, value)
                case int() | Decimal():
                    self._sheet.write_number(self._row, column, value)
                case datetime():
                    self._sheet.write_datetime(self._row, column, value, self._timestamp_format)
                case str():
                    self.cut += len(value) > CELL_LENGTH_MAX
                    self._sheet.write_string(self._row, column, value[:CELL_LENGTH_MAX])
        self._row += 1

    def _start_sheet(self) -> None:
        self._sheet = self._book.add_worksheet()
        for column, heading in enumerate(self._headings):
            self._sheet.write_string(0, column, heading)
        self._row = 1


class JsonLines:
    """One JSON object per line: sums are texts, times are in the site's time zone without an offset."""

    def __init__(self, file: TextIO, names: Sequence[str]) -> None:
        self.cut = 0
        self._file = file
        self._names = names

    def add(self, row: Sequence[Value]) -> None:
        """Write a row as one object."""
        self._file.write(msgspec.json.encode(dict(zip(self._names, row, strict=True))).decode() + "\n")


class UnknownExtensionError(ValueError):
    """The extension of a file names no format."""


@contextmanager
def open_writer(
    path: Path, names: Sequence[str], headings: Sequence[str], *, for_excel: bool, overwrite: bool = False
) -> Iterator[RowWriter]:
    """Yield a writer in the format of the file's extension; the file appears when it is complete, or not at all.

    Raises:
        OSError: it cannot be written, or it exists and must not be overwritten.
        UnknownExtensionError: the extension names no format.
    """
    match path.suffix.lower():
        case ".csv":
            opened = partial(_open_csv, headings if for_excel else names, for_excel=for_excel)
        case ".jsonl":
            opened = partial(_open_json_lines, names)
        case ".xlsx":
            opened = partial(_open_workbook, headings)
        case extension:
            raise UnknownExtensionError(f"{extension or 'no extension'}: expected .csv, .xlsx or .jsonl")
    with written_whole(path, overwrite=overwrite) as incomplete, opened(incomplete) as writer:
        yield writer


@contextmanager
def _open_csv(headings: Sequence[str], path: Path, *, for_excel: bool) -> Iterator[RowWriter]:
    with path.open("w", encoding="utf-8", newline="") as file:
        yield CsvFile(file, headings, for_excel=for_excel)


@contextmanager
def _open_json_lines(names: Sequence[str], path: Path) -> Iterator[RowWriter]:
    with path.open("w", encoding="utf-8") as file:
        yield JsonLines(file, names)


@contextmanager
def _open_workbook(headings: Sequence[str], path: Path) -> Iterator[RowWriter]:
    """Yield a writer of a workbook, whose rows wait in a private folder until it is complete."""
    with TemporaryDirectory() as folder:
        book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": folder})
        try:
            yield XlsxFile(book, headings)
            book.close()
        except XlsxFileError as error:
            raise OSError(str(error)) from error
        finally:
            for sheet in book.worksheets():
                sheet.row_data_fh.close()
