"""Write the file of refused rows, which people correct and import again."""

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from dealtrace.errors import InvalidParameters, InvalidValue, Language, Refusal
from dealtrace.files.atomic_file import open_to_append, write_atomically
from dealtrace.files.cell_types import cell_text
from dealtrace.files.csv_reader import CELL_LENGTH_MAX
from dealtrace.files.import_columns import row_fault
from dealtrace.files.row import Cell, FileRow, StatedText
from dealtrace.files.row_writers import CsvLines
from dealtrace.files.spreadsheet_text import DASHES, NO_VALUE, guard_formula, spreadsheet_text, unguarded_text
from dealtrace.files.unreadable import Cure, CureKind, unreadable
from dealtrace.plain_text import stripped

DELIMITER = ";"
ENCODING = "utf-8-sig"
"""UTF-8 with a byte order mark, so that spreadsheets recognise the encoding."""
ADDED_HEADINGS = {"ru": ("Строка файла", "Что не так"), "en": ("row of the file", "what is wrong")}
HEADINGS_LENGTH_MAX = 1000


class RefusedRows:
    """Writes refused rows to a CSV file: the number of the row, what is wrong with it, and its original cells.

    A cell that is too long to be read back from a CSV file is cut.
    """

    def __init__(self, path: Path, headings: Sequence[Cell], language: Language) -> None:
        self.path = path
        self._language = language
        self._headings = _line([*ADDED_HEADINGS[language], *(_text(heading) for heading in headings)])

    def begin(self, last_row: int) -> None:
        """Keep the rows up to `last_row` in the file and remove later rows; if `last_row` is 0, delete the file.

        Raises:
            FileUnreadable: the existing file was not written by an import; it is not changed.
        """
        if not self.path.exists():
            return
        if not self._is_ours():
            raise unreadable(
                self.path,
                "это не файл отклонённых строк: переместите его или выберите другой файл",
                "the existing file is not a file of refused rows: move it, or choose another file",
                Cure(CureKind.REFUSED_ROWS),
            )
        if not last_row:
            self.path.unlink()
            return
        with (
            write_atomically(self.path, overwrite=True) as partial,
            self.path.open(encoding=ENCODING, newline="", errors="replace") as earlier,
            partial.open("w", encoding=ENCODING, newline="") as kept,
        ):
            kept.write(self._headings)
            rows = csv.reader(earlier, delimiter=DELIMITER)
            next(rows, None)
            kept.writelines(_line(row) for row in rows if row and not _is_later(row[0], last_row))

    def _is_ours(self) -> bool:
        with self.path.open(encoding=ENCODING, newline="", errors="replace") as existing:
            first = existing.readline(HEADINGS_LENGTH_MAX)
        return not first or any(first.startswith(DELIMITER.join(added)) for added in ADDED_HEADINGS.values())

    def add(self, refused: Iterable[tuple[FileRow, Refusal]]) -> None:
        """Append rows with their refusals; they are synced to disk before this returns."""
        lines = "".join(
            _line(
                [str(row.number), _text(message_of_row(refusal, self._language)), *(_text(cell) for cell in row.cells)]
            )
            for row, refusal in refused
        )
        if not lines:
            return
        is_new = not self.path.exists()
        with open_to_append(self.path, ENCODING if is_new else "utf-8") as file:
            file.write(self._headings + lines if is_new else lines)
            file.flush()
            os.fsync(file.fileno())


def _is_later(number: str, last_row: int) -> bool:
    digits = number.lstrip("0")
    return digits.isdecimal() and (len(digits), digits) > (len(str(last_row)), str(last_row))


def message_of_row(refusal: Refusal, language: Language) -> str:
    """Return the message of a row's refusal; invalid cells are named by their headings."""
    if isinstance(refusal, InvalidParameters):
        return row_fault(refusal.violations, language)
    return refusal.text(language)


def _line(cells: Iterable[str]) -> str:
    """Return a line of the file; cells are cut to the length that can be read back."""
    return CsvLines(DELIMITER, "\r\n").format([cell[:CELL_LENGTH_MAX] for cell in cells])


def _text(cell: Cell) -> str:
    """Return a cell as a string that spreadsheets do not change and that an import can read.

    Digits and formulas are protected; dates need no protection, since an import also reads reformatted dates. A string
    that is protected already, or is a placeholder for a missing value, is kept.
    """
    if isinstance(cell, str) and not isinstance(cell, StatedText):
        bare = stripped(cell)
        if unguarded_text(bare) != bare or bare in NO_VALUE or bare in DASHES:
            return bare.replace("\0", "")
    try:
        text = cell if isinstance(cell, str) else cell_text(cell)
    except InvalidValue:
        text = str(cell)
    return spreadsheet_text(text) if text.isdigit() else guard_formula(text)
