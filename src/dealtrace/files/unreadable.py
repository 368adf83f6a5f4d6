"""The refusal of a file that cannot be read."""

from collections.abc import Iterator
from pathlib import Path

from dealtrace.errors import FileUnreadable
from dealtrace.files.row import COLUMNS_MAX, Row


def unreadable(path: Path, ru: str, en: str) -> FileUnreadable:
    """Return the error for an unreadable file, with the reason in both languages and the file's name without folder."""
    return FileUnreadable(file=path.name, ru=ru, en=en)


def empty_file(path: Path) -> FileUnreadable:
    """Return the error for a file without rows."""
    return unreadable(path, "файл пуст", "the file is empty")


def check_headings(path: Path, headings: Row) -> None:
    """Raise `FileUnreadable` if the line with the headings cannot be split into cells."""
    if headings.fault is not None:
        number, fault = headings.number, headings.fault
        raise unreadable(path, f"строка {number}: {fault.ru}", f"row {number}: {fault.en}")


def take_headings(path: Path, rows: Iterator[Row]) -> Row:
    """Take the line with the headings, which is the first of the rows.

    Raises:
        FileUnreadable: there are no rows, or the line cannot be split into cells.
    """
    headings = next(rows, None)
    if headings is None:
        raise empty_file(path)
    check_headings(path, headings)
    return headings


def check_width(path: Path, width: int) -> None:
    """Raise `FileUnreadable` if a file has more than `COLUMNS_MAX` columns."""
    if width > COLUMNS_MAX:
        raise unreadable(path, f"столбцов больше {COLUMNS_MAX}", f"it has more than {COLUMNS_MAX} columns")
