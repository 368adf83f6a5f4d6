"""The refusal of an unreadable file, and the remedy as data: commands name the option to set, pages name the field."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from dealtrace.errors import FileUnreadable
from dealtrace.files.row import COLUMNS_MAX, FileRow
from dealtrace.record import record


class CureKind(StrEnum):
    """The option to set, change or omit so that a file can be read."""

    ENCODING = "encoding"
    OTHER_ENCODING = "other encoding"
    COLUMN = "column"
    OTHER_COLUMN = "other column"
    SOURCE = "source"
    RATE = "rate"
    NO_RATE = "no rate"
    UNIT = "unit"
    UNIT_OR_RATE = "unit or rate"
    NO_TAX = "no tax"
    REFUSED_ROWS = "refused rows"


@record
class Cure:
    """The remedy for an unreadable file; `what` is the column or currency that the remedy concerns, if any."""

    kind: CureKind
    what: str = ""


def cure_of(refusal: Exception) -> Cure | None:
    """Return the remedy in the refusal of a file, or `None` if its message already says what to do."""
    cure = refusal.facts.get("cure") if isinstance(refusal, FileUnreadable) else None
    return cure if isinstance(cure, Cure) else None


def unreadable(path: Path, ru: str, en: str, cure: Cure | None = None) -> FileUnreadable:
    """Return the error for an unreadable file, with the reason in both languages and the file's name without its path.

    The messages do not say how to set an option; the command or page that shows them adds `cure` in its own words.
    """
    return FileUnreadable(file=path.name or str(path), ru=ru, en=en, cure=cure)


def empty_file(path: Path) -> FileUnreadable:
    """Return the error for a file without rows."""
    return unreadable(path, "файл пуст", "the file is empty")


def check_headings(path: Path, headings: FileRow) -> None:
    """Raise `FileUnreadable` if the line with the headings cannot be split into cells."""
    if headings.fault is not None:
        number, fault = headings.number, headings.fault
        raise unreadable(path, f"строка {number}: {fault.ru}", f"row {number}: {fault.en}")


def take_headings(path: Path, rows: Iterator[FileRow]) -> FileRow:
    """Take the first row, which has the headings, from `rows`, and return it.

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
        raise unreadable(path, f"столбцов больше {COLUMNS_MAX}", f"the file has more than {COLUMNS_MAX} columns")
