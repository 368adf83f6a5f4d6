"""The rows that were refused, in a file that can be mended and brought in again."""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from dealtrace.errors import FileUnreadable, InvalidParameters, InvalidValue, Language, Refusal
from dealtrace.files.cell_types import text_of
from dealtrace.files.row import Cell, Row

DELIMITER = ";"
ENCODING = "utf-8-sig"
"""With the mark by which spreadsheets know it."""
ADDED_HEADINGS = {"ru": ("Строка файла", "Что не так"), "en": ("row of the file", "what is wrong")}
HEADINGS_LENGTH_MAX = 1000
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class RefusedRows:
    """Writes refused rows beside each other: the row's number, what is wrong with it, its cells as they were."""

    def __init__(self, path: Path, headings: Sequence[Cell], language: Language) -> None:
        self.path = path
        self._language = language
        self._headings = _line([*ADDED_HEADINGS[language], *(_text(heading) for heading in headings)])

    def begin(self, last_row: int) -> None:
        """Leave of an earlier attempt what it was sure of, rows up to `last_row`; nothing if that is 0.

        What it wrote of later rows was not committed, and the last line may be torn.

        Raises:
            FileUnreadable: what stands there was not written by an import; it is left alone.
        """
        if not self.path.exists():
            return
        if not self._is_ours():
            raise FileUnreadable(
                file=self.path.name,
                ru="сюда должны лечь отклонённые строки, но это другой файл: переместите его или назовите --refused",
                en="refused rows should go there, but it is another file: move it, or name one by --refused",
            )
        if not last_row:
            self.path.unlink()
            return
        beside = self.path.with_name(f"{self.path.name}.part")
        with (
            self.path.open(encoding=ENCODING, newline="", errors="replace") as written,
            beside.open("w", encoding=ENCODING, newline="") as kept,
        ):
            kept.write(self._headings)
            rows = csv.reader(written, delimiter=DELIMITER)
            next(rows, None)
            kept.writelines(_line(row) for row in rows if row and not _is_later(row[0], last_row))
        beside.replace(self.path)

    def _is_ours(self) -> bool:
        with self.path.open(encoding=ENCODING, newline="", errors="replace") as written:
            first = written.readline(HEADINGS_LENGTH_MAX)
        return not first or any(first.startswith(DELIMITER.join(added)) for added in ADDED_HEADINGS.values())

    def add(self, refused: Iterable[tuple[Row, Refusal]]) -> None:
        """Write rows down, safely on disk before this returns."""
        lines = "".join(
            _line([str(row.number), _text(_words(reason, self._language)), *(_text(cell) for cell in row.cells)])
            for row, reason in refused
        )
        if not lines:
            return
        is_new = not self.path.exists()
        with self.path.open("a", encoding=ENCODING if is_new else "utf-8", newline="") as file:
            file.write(self._headings + lines if is_new else lines)
            file.flush()
            os.fsync(file.fileno())


def _is_later(number: str, last_row: int) -> bool:
    return number.isdecimal() and int(number) > last_row


def _words(reason: Refusal, language: Language) -> str:
    """Say what is wrong with a row: each cell by its heading."""
    if isinstance(reason, InvalidParameters):
        return "; ".join(f"{one.field}: {one.text(language)}" for one in reason.violations)
    return reason.text(language)


def _line(cells: Iterable[str]) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=DELIMITER).writerow(cells)
    return written.getvalue()


def _text(cell: Cell) -> str:
    """Write a cell so that no spreadsheet takes it for a formula; it is understood when it is brought in again."""
    if isinstance(cell, str):
        text = cell.replace("\0", "")
    else:
        try:
            text = text_of(cell)
        except InvalidValue:
            text = str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text
