"""Write rows to files of any size: CSV, XLSX, JSON Lines; the library for workbooks is imported for a workbook only."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol, TextIO

import msgspec

from dealtrace.errors import Language
from dealtrace.files.atomic_file import Proceed, write_atomically
from dealtrace.files.cell_types import EXACT_NUMBERS_BELOW
from dealtrace.files.row import ExportedValue
from dealtrace.files.spreadsheet_text import comes_back, guard_formula, spreadsheet_text
from dealtrace.files.xlsx.packed_workbook import open_packed
from dealtrace.plain_text import BYTE_ORDER_MARK
from dealtrace.record import record

if TYPE_CHECKING:
    import xlsxwriter  # type: ignore[import-untyped]

SHEET_ROWS_MAX = 1_048_576
_STORED_AMOUNT, _SPARE_DECIMALS = re.compile(r"\.\d\d00\Z"), 2
CELL_LENGTH_MAX = 32_767
"""The maximum length of a string in a spreadsheet cell; longer strings are truncated and counted (`cut`)."""
SHOWN_WHOLE_BELOW = 10**11
"""Excel shows integers in a CSV file in full only below this.

It shows larger integers in a form such as `1E+11`, and loses all digits after the fifteenth.
"""


CSV, XLSX = ".csv", ".xlsx"
CONTENT_TYPES = {
    CSV: "text/csv;charset=UTF-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_END = "\r\n"
"""The line end for the csv module; with any other, the module would not quote a lone carriage return or line feed."""
ROWS_SHEET: Mapping[Language, str] = {"ru": "Данные", "en": "Data"}
"""The name of a sheet with rows; further sheets have their number after it."""
NOTES_SHEET: Mapping[Language, str] = {"ru": "Вопрос", "en": "Question"}


class CsvLines:
    """Formats rows as lines of CSV; cells with a delimiter, a quote, a carriage return or a line feed are quoted."""

    def __init__(self, delimiter: str, end: str) -> None:
        self._end = end
        self._line = io.StringIO(newline="")
        self._rows = csv.writer(self._line, delimiter=delimiter, lineterminator=_END)

    def format(self, cells: Iterable[str]) -> str:
        """Return a row as one line of CSV, including the line end."""
        self._line.seek(0)
        self._line.truncate()
        self._rows.writerow(cells)
        return self._line.getvalue().removesuffix(_END) + self._end


@record
class FileNote:
    """A line of a file in addition to its rows: a name for programs, a Russian heading for people, and the note's text.

    The English heading is `english` or, if that is empty, the name with a capital letter.
    """

    name: str
    heading: str
    text: str
    english: str = ""

    def heading_in(self, language: Language) -> str:
        """Return the heading in a language."""
        return self.heading if language == "ru" else self.english or self.name.capitalize()


@record
class _Spelling:
    """How Excel in one language reads a CSV file: separator, decimal sign, time format, and words for yes and no."""

    separator: str
    decimal_sign: str
    time_format: str
    yes: str
    no: str


_SPELLINGS: Mapping[Language, _Spelling] = {
    "ru": _Spelling(";", ",", "%d.%m.%Y %H:%M:%S", "да", "нет"),
    "en": _Spelling(",", ".", "%Y-%m-%d %H:%M:%S", "yes", "no"),
}


class RowWriter(Protocol):
    """Writes rows to a file."""

    @property
    def cut(self) -> int:
        """The number of strings that were truncated."""

    def add(self, row: Sequence[ExportedValue]) -> None:
        """Write one row; `row` has its values in the order of the headings."""


class CsvFile:
    """Writes CSV for programs, with commas and plain values; notes come before the headings and begin with `# `.

    Files without notes can be imported. If an import would change a string of such a file, for example a string that
    looks like a formula, the string is written with an apostrophe before it.
    """

    def __init__(self, file: TextIO, headings: Sequence[str], notes: Sequence[FileNote] = ()) -> None:
        self.cut = 0
        self._file = file
        self._is_imported = not notes
        self._lines = CsvLines(",", "\n")
        file.writelines(self._lines.format([f"# {note.name}", note.text]) for note in notes)
        file.write(self._lines.format(headings))

    def add(self, row: Sequence[ExportedValue]) -> None:
        """Write one row; `row` has its values in the order of the headings."""
        self._file.write(self._lines.format([self._text(value) for value in row]))

    def _text(self, value: ExportedValue) -> str:
        match value:
            case None:
                return ""
            case bool():
                return "true" if value else "false"
            case Decimal():
                return f"{value:f}"
            case datetime():
                return f"{value:%Y-%m-%d %H:%M:%S}"
            case int():
                return str(value)
            case str():
                return guard_formula(value) if self._is_imported and not comes_back(value) else value


class ExcelCsvFile:
    """Writes CSV for Excel: a byte order mark, strings that Excel keeps unchanged, local dates and numbers.

    Russian Excel reads semicolons and decimal commas; English Excel reads commas and decimal points.
    """

    def __init__(
        self, file: TextIO, headings: Sequence[str], notes: Sequence[FileNote] = (), language: Language = "ru"
    ) -> None:
        self.cut = 0
        self._file = file
        self._spelling = _SPELLINGS[language]
        self._lines = CsvLines(self._spelling.separator, "\r\n")
        file.write(BYTE_ORDER_MARK)
        file.writelines(self._lines.format([note.heading_in(language), spreadsheet_text(note.text)]) for note in notes)
        file.write(self._lines.format(spreadsheet_text(heading) for heading in headings))

    def add(self, row: Sequence[ExportedValue]) -> None:
        """Write one row; `row` has its values in the order of the headings."""
        self._file.write(self._lines.format([self._text(value) for value in row]))

    def _text(self, value: ExportedValue) -> str:
        match value:
            case None:
                return ""
            case bool():
                return self._spelling.yes if value else self._spelling.no
            case Decimal():
                return _without_spare_zeros(value).replace(".", self._spelling.decimal_sign)
            case datetime():
                return value.strftime(self._spelling.time_format)
            case int():
                return str(value) if abs(value) < SHOWN_WHOLE_BELOW else f'="{value}"'
            case str():
                return spreadsheet_text(value)


def _without_spare_zeros(value: Decimal) -> str:
    """Format a number; of four decimals, as amounts of deals have them, the last two are left out if they are zeros.

    Numbers with more decimals, such as shares, keep all of them.
    """
    text = f"{value:f}"
    return text[:-_SPARE_DECIMALS] if _STORED_AMOUNT.search(text) else text


class XlsxFile:
    """Writes a workbook without keeping rows in memory; rows that do not fit on a sheet go to further sheets.

    Every sheet begins with the headings, which stay in view. Notes are on a separate sheet at the end.
    """

    def __init__(
        self, book: "xlsxwriter.Workbook", headings: Sequence[str], number_formats: Sequence[str], language: Language
    ) -> None:
        self.cut = 0
        self._book = book
        self._headings = headings
        self._sheets, self._language = 0, language
        self._number_formats = [
            book.add_format({"num_format": chosen}) if chosen else None
            for chosen in (*number_formats, *[""] * (len(headings) - len(number_formats)))
        ]
        self._timestamp_format = book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"})
        self._start_sheet()

    def add(self, row: Sequence[ExportedValue]) -> None:
        """Write a row; strings that look like formulas get an apostrophe, so that editing a cell never runs one."""
        if self._row == SHEET_ROWS_MAX:
            self._start_sheet()
        for column, value in enumerate(row):
            match value:
                case None | "":
                    continue
                case bool():
                    self._sheet.write_boolean(self._row, column, value)
                case int() if abs(value) >= EXACT_NUMBERS_BELOW:
                    self._sheet.write_string(self._row, column, str(value))
                case int() | Decimal():
                    self._sheet.write_number(self._row, column, value, self._number_formats[column])
                case datetime():
                    self._sheet.write_datetime(self._row, column, value, self._timestamp_format)
                case str():
                    text = guard_formula(value)
                    self.cut += len(text) > CELL_LENGTH_MAX
                    self._sheet.write_string(self._row, column, text[:CELL_LENGTH_MAX])
        self._row += 1

    def add_notes(self, notes: Sequence[FileNote], language: Language) -> None:
        """Write notes, one per row, on a new sheet."""
        if notes:
            sheet = self._book.add_worksheet(NOTES_SHEET[language])
            for row, note in enumerate(notes):
                sheet.write_string(row, 0, guard_formula(note.heading_in(language)))
                sheet.write_string(row, 1, guard_formula(note.text)[:CELL_LENGTH_MAX])

    def _start_sheet(self) -> None:
        self._sheets += 1
        number = f" {self._sheets}" if self._sheets > 1 else ""
        self._sheet = self._book.add_worksheet(f"{ROWS_SHEET[self._language]}{number}")
        self._sheet.freeze_panes(1, 0)
        for column, heading in enumerate(self._headings):
            self._sheet.write_string(0, column, guard_formula(heading))
        self._row = 1


class JsonLines:
    """Writes JSON Lines, an object per line; decimal numbers are strings, and times are local without an offset."""

    def __init__(self, file: TextIO, names: Sequence[str]) -> None:
        self.cut = 0
        self._file = file
        self._names = names

    def add(self, row: Sequence[ExportedValue]) -> None:
        """Write a row as one object."""
        self._file.write(msgspec.json.encode(dict(zip(self._names, row, strict=True))).decode() + "\n")


class _WantedRows:
    """Passes rows to another writer; before each row, `proceed` may raise an exception to stop the writing."""

    def __init__(self, writer: RowWriter, proceed: Proceed) -> None:
        self._writer = writer
        self._proceed = proceed

    @property
    def cut(self) -> int:
        """The number of strings that were truncated."""
        return self._writer.cut

    def add(self, row: Sequence[ExportedValue]) -> None:
        """Write one row; `row` has its values in the order of the headings."""
        self._proceed()
        self._writer.add(row)


class UnknownExtensionError(ValueError):
    """`open_writer` has no format for the extension of a file."""


@contextmanager
def open_writer(  # noqa: PLR0913 - what the file is, and whether it is still wanted
    path: Path,
    names: Sequence[str],
    headings: Sequence[str],
    *,
    for_excel: bool,
    overwrite: bool = False,
    notes: Sequence[FileNote] = (),
    language: Language = "ru",
    number_formats: Sequence[str] = (),
    proceed: Proceed = lambda: None,
) -> Iterator[RowWriter]:
    """Yield a writer in the format of the file's extension; the file appears only when it is complete.

    With `for_excel`, CSV is written for Excel in `language`; the names of sheets and the notes of workbooks are in
    `language` too. `number_formats` has Excel's format of the numbers in each column of a workbook, empty for the
    default format. JSON Lines have no notes. `proceed` is called before each row and while a workbook is packed; to
    stop the writing, it raises an exception, which is passed on.

    Raises:
        OSError: the file cannot be written, or it exists and `overwrite` is false.
        UnknownExtensionError: the extension is unknown.
    """
    match path.suffix.lower():
        case extension if extension == CSV:
            opened = (
                partial(_open_excel_csv, headings, notes, language) if for_excel else partial(_open_csv, names, notes)
            )
        case ".jsonl":
            opened = partial(_open_json_lines, names)
        case extension if extension == XLSX:
            opened = partial(_open_workbook, headings, number_formats, notes, language, proceed)
        case extension:
            raise UnknownExtensionError(f"{extension or 'no extension'}: expected .csv, .xlsx or .jsonl")
    with write_atomically(path, overwrite=overwrite) as incomplete, opened(incomplete) as writer:
        yield _WantedRows(writer, proceed)


@contextmanager
def _open_csv(names: Sequence[str], notes: Sequence[FileNote], path: Path) -> Iterator[RowWriter]:
    with path.open("w", encoding="utf-8", newline="") as file:
        yield CsvFile(file, names, notes)


@contextmanager
def _open_excel_csv(
    headings: Sequence[str], notes: Sequence[FileNote], language: Language, path: Path
) -> Iterator[RowWriter]:
    with path.open("w", encoding="utf-8", newline="") as file:
        yield ExcelCsvFile(file, headings, notes, language)


@contextmanager
def _open_json_lines(names: Sequence[str], path: Path) -> Iterator[RowWriter]:
    with path.open("w", encoding="utf-8") as file:
        yield JsonLines(file, names)


@contextmanager
def _open_workbook(
    headings: Sequence[str],
    number_formats: Sequence[str],
    notes: Sequence[FileNote],
    language: Language,
    proceed: Proceed,
    path: Path,
) -> Iterator[RowWriter]:
    """Yield a writer of a workbook; its rows are in a private temporary folder until the workbook is complete."""
    with TemporaryDirectory() as folder, open_packed(path, proceed) as packed:
        library = import_module("xlsxwriter")
        book = library.Workbook(packed, {"constant_memory": True, "tmpdir": folder})
        try:
            file = XlsxFile(book, headings, number_formats, language)
            yield file
            file.add_notes(notes, language)
            book.close()
        except library.exceptions.XlsxFileError as error:
            raise OSError(str(error)) from error
        finally:
            for sheet in book.worksheets():
                sheet.row_data_fh.close()
