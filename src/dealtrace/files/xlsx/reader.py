"""Read XLSX files: the rows of the first visible sheet."""

from collections.abc import Iterator
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from dealtrace.errors import FileUnreadable
from dealtrace.files.row import FileRow
from dealtrace.files.unreadable import unreadable
from dealtrace.files.xlsx.sheet_traits import UNREADABLE, read_sheet_traits
from dealtrace.files.xlsx.size import check_size

MAGIC = b"PK\x03\x04"


def read_xlsx(path: Path) -> Iterator[FileRow]:
    """Yield the rows of the first sheet that is neither hidden nor a chart, including empty rows above the table.

    Raises:
        FileUnreadable: the file is damaged, password-protected, too large when unpacked, or of another format.
    """
    try:
        check_size(path)
        traits = read_sheet_traits(path)
        with CalamineWorkbook.from_path(path) as book:
            sheet = book.get_sheet_by_index(traits.position)
            first_column = sheet.start[1] if sheet.start is not None else 0
            number = 0
            for number, cells in enumerate(sheet.iter_rows(), 1):
                yield FileRow(number, traits.complete(number, cells, first_column))
            for beyond in sorted(row for row in traits.lost if row > number):
                yield FileRow(beyond, traits.complete(beyond, [], first_column))
    except (CalamineError, *UNREADABLE) as error:
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, reason: str) -> FileUnreadable:
    return unreadable(
        path,
        f"файл Excel повреждён или защищён паролем ({reason})",
        f"the Excel file is damaged or password-protected ({reason})",
    )
