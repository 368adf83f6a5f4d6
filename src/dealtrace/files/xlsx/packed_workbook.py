"""The file that a workbook is packed into, which takes half a minute for a million rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, TypeAlias

Proceed: TypeAlias = Callable[[], None]
"""A function that is called while a file is written; it raises an exception if nobody waits for the file any longer."""


class PackedWorkbook:
    """A binary file for `zipfile` that calls `proceed` before each write; all else is as the file does it."""

    def __init__(self, file: BinaryIO, proceed: Proceed) -> None:
        self._file = file
        self._proceed = proceed

    def __getattr__(self, name: str) -> object:
        """Return a method of the file."""
        return getattr(self._file, name)

    def write(self, content: bytes) -> int:
        """Write bytes, and return their number."""
        self._proceed()
        return self._file.write(content)

    def end(self) -> None:
        """Drop what is still written: `zipfile` ends its archive whatever happened, even after the file is closed."""
        self._file, self._proceed = BytesIO(), lambda: None


@contextmanager
def open_packed(path: Path, proceed: Proceed) -> Iterator[PackedWorkbook]:
    """Yield the file at `path` to pack a workbook into; what `proceed` raises ends the packing."""
    with path.open("wb") as file:
        packed = PackedWorkbook(file, proceed)
        try:
            yield packed
        finally:
            packed.end()
