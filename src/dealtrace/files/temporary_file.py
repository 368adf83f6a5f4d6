"""Write files that are sent at once: each is in a folder of temporary files until it is open, and then has no name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from dealtrace.reports.refusals import ReportNotKept


def open_written(extension: str, write: Callable[[Path], None]) -> BinaryIO:
    """Return the open file, with this extension, that `write` has written; closing it deletes it.

    Raises:
        ReportNotKept: the file could not be written, for example because the disk is full.
    """
    with refused_if_full(), TemporaryDirectory() as folder:
        path = Path(folder) / f"file{extension}"
        write(path)
        return path.open("rb")


@contextmanager
def refused_if_full() -> Iterator[None]:
    """Raise `ReportNotKept` if a temporary file cannot be written in the block.

    Raises:
        ReportNotKept: a file could not be written, for example because the disk is full.
    """
    try:
        yield
    except OSError as fault:
        raise ReportNotKept(cause=fault.strerror or str(fault)) from fault
