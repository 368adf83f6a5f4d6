"""Files that are written row by row, without a bound: CSV, XLSX, a JSON object a line."""

import csv
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol, TextIO

import msgspec
import xlsxwriter  # type: ignore[import-untyped]

from dealtrace.files.export_columns import Value
from dealtrace.files.refused_rows import FORMULA

SHEET_ROWS_MAX = 1_048_576
CELL_LENGTH_MAX = 32_767
"""What a spreadsheet's cell can hold; longer texts are cut there, and counted."""
_WORDS = {"ru": {True: "да", False: "нет"}, "en": {True: "true", False: "false"}}


class RowWriter(Protocol):
    """A file that takes rows."""

    cut: int

    def add(self, row: Sequence[Value]) -> None:
        """Write one row; its values stand in the order of the headings."""


class CsvFile:
    """Texts between commas, or as a Russian Excel opens them: semicolons, a byte order mark, its own dates and sums."""

    def __init__(self, file: TextIO, headings: Sequence[str], *, for_excel: bool) -> None:
        self.cut = 0
        self._for_excel = for_excel
        if for_excel:
            file.write("\ufeff")
        self._rows = csv.writer(file, delimiter=";" if for_excel else ",", lineterminator="\r\n" if for_excel else "\n")
        self._rows.writerow([_guarded(heading) for heading in headings])

    def add(self, row: Sequence[Value]) -> None:
        """Write a row; a text that a spreadsheet would take for a formula begins with an apostrophe."""
        self._rows.writerow([self._text(value) for value in row])

    def _text(self, value: Value) -> str:
        match value:
            case None:
                return ""
            case bool():
                return _WORDS["ru" if self._for_excel else "en"][value]
            case Decimal():
                return f"{value:f}".replace(".", ",") if self._for_excel else f"{value:f}"
            case datetime():
                return f"{value:%d.%m.%Y %H:%M:%S}" if self._for_excel else f"{value:%Y-%m-%d %H:%M:%S}"
            case int():
                return str(value)
            case str():
                return _guarded(value)


class XlsxFile:
    """A workbook; where a sheet is full, another goes on with the same headings. Rows go to the disk as they come."""

    def __init__(self, book: xlsxwriter.Workbook, headings: Sequence[str]) -> None:
        self.cut = 0
        self._book = book
        self._headings = headings
        self._moment = book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"})
        self._begin_sheet()

    def add(self, row: Sequence[Value]) -> None:
        """Write a row; texts stay texts, whatever they begin with."""
        if self._row == SHEET_ROWS_MAX:
            self._begin_sheet()
        for column, value in enumerate(row):
            match value:
                case None | "":
                    continue
                case bool():
                    self._sheet.write_boolean(self._row, column, value)
                case int() | Decimal():
                    self._sheet.write_number(self._row, column, value)
                case datetime():
                    self._sheet.write_datetime(self._row, column, value, self._moment)
                case str():
                    self.cut += len(value) > CELL_LENGTH_MAX
                    self._sheet.write_string(self._row, column, value[:CELL_LENGTH_MAX])
        self._row += 1

    def _begin_sheet(self) -> None:
        self._sheet = self._book.add_worksheet()
        for column, heading in enumerate(self._headings):
            self._sheet.write_string(0, column, heading)
        self._row = 1


class JsonLines:
    """An object a line, for programs: sums are texts, times have the site's clock and no zone."""

    def __init__(self, file: TextIO, names: Sequence[str]) -> None:
        self.cut = 0
        self._file = file
        self._names = names

    def add(self, row: Sequence[Value]) -> None:
        """Write a line."""
        told: Mapping[str, Value] = dict(zip(self._names, row, strict=True))
        self._file.write(msgspec.json.encode(told).decode() + "\n")


def open_writer(
    path: Path, names: Sequence[str], headings: Sequence[str], *, for_excel: bool
) -> tuple[RowWriter, AbstractContextManager[object]]:
    """Open a file for rows by the ending of its name; closing what comes with it ends the file.

    Raises:
        OSError: it cannot be written.
        ValueError: the ending is none that is known.
    """
    until_closed = ExitStack()
    match path.suffix.lower():
        case ".csv":
            file = until_closed.enter_context(path.open("w", encoding="utf-8", newline=""))
            return CsvFile(file, headings if for_excel else names, for_excel=for_excel), until_closed
        case ".jsonl":
            file = until_closed.enter_context(path.open("w", encoding="utf-8"))
            return JsonLines(file, names), until_closed
        case ".xlsx":
            path.open("wb").close()  # what cannot be written is told now and not at the end
            book = until_closed.enter_context(xlsxwriter.Workbook(str(path), {"constant_memory": True}))
            return XlsxFile(book, headings), until_closed
        case ending:
            raise ValueError(f"{ending or 'no ending'}: the file must end in .csv, .xlsx or .jsonl")


def _guarded(text: str) -> str:
    plain = text.replace("\0", "")
    return f"'{plain}" if plain.startswith(FORMULA) else plain
