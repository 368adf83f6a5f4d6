"""The file into which a workbook is packed; packing takes half a minute for a million rows, so it can be stopped."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from dealtrace.files.atomic_file import Proceed


class PackedWorkbook:
    """A binary file for `zipfile` that calls `proceed` before each write, and otherwise behaves like `file`."""

    def __init__(self, file: BinaryIO, proceed: Proceed) -> None:
        self._file = file
        self._proceed = proceed

    def __getattr__(self, name: str) -> object:
        """Return an attribute of the wrapped file."""
        return getattr(self._file, name)

    def write(self, content: bytes) -> int:
        """Call `proceed`, write bytes, and return how many were written."""
        self._proceed()
        return self._file.write(content)

    def end(self) -> None:
        """Discard all further writes, since `zipfile` writes the list of entries when closed, even after an error."""
        self._file, self._proceed = BytesIO(), lambda: None


@contextmanager
def open_packed(path: Path, proceed: Proceed) -> Iterator[PackedWorkbook]:
    """Yield a file at `path` into which a workbook is packed; `proceed` may raise an exception to stop the packing."""
    with path.open("wb") as file:
        packed = PackedWorkbook(file, proceed)
        try:
            yield packed
        finally:
            packed.end()
