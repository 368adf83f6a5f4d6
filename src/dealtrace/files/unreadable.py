"""The refusal of a file that cannot be read."""

from pathlib import Path

from dealtrace.errors import FileUnreadable
from dealtrace.files.row import Row


def unreadable(path: Path, ru: str, en: str) -> FileUnreadable:
    """Return the error for an unreadable file, with the reason in both languages and the file's name without folder."""
    return FileUnreadable(file=path.name, ru=ru, en=en)


def check_headings(path: Path, headings: Row) -> None:
    """Raise `FileUnreadable` if the line with the headings cannot be split into cells."""
    if headings.fault is not None:
        number, fault = headings.number, headings.fault
        raise unreadable(path, f"строка {number}: {fault.ru}", f"row {number}: {fault.en}")
