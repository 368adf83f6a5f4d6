"""Write temporary files, such as downloads; each is opened and then deleted from its folder, but can still be read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from dealtrace.reports.refusals import ReportNotKept


def open_written(extension: str, write: Callable[[Path], None]) -> BinaryIO:
    """Call `write` with a temporary path ending in `extension`; return the file, already deleted but open for reading.

    Raises:
        ReportNotKept: the file could not be written, for example because the disk is full.
    """
    with refused_if_full(), TemporaryDirectory() as folder:
        path = Path(folder) / f"file{extension}"
        write(path)
        return path.open("rb")


@contextmanager
def refused_if_full() -> Iterator[None]:
    """Turn an error of the file system in the `with` block into a refusal.

    Raises:
        ReportNotKept: a file could not be written, for example because the disk is full.
    """
    try:
        yield
    except OSError as fault:
        raise ReportNotKept(cause=fault.strerror or str(fault)) from fault
