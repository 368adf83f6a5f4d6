"""Write files that appear only when complete: each is written under a temporary name in its folder, then renamed."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import TextIO, TypeAlias

Proceed: TypeAlias = Callable[[], None]
"""A function that is called while a file is written; it raises an exception if nobody is waiting for the file."""
PRIVATE = 0o600
"""The file mode of exports, refused rows and backups: they contain personal data, so only their owner may read them."""
_DISK_FAULTS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
NAME_LENGTH_KEPT = 40
"""How many characters of a file's name the temporary name repeats, so that the temporary name is not too long."""


@contextmanager
def write_atomically(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield the path of an empty private file to write to; on success it is synced and renamed to `path`.

    On any failure the new file is deleted, and a file at `path` is not changed. If `path` is a symbolic link, the file
    that it points to is replaced.

    Raises:
        FileExistsError: `path` exists and `overwrite` is false, or `path` is not a regular file.
        OSError: the folder is missing, not writable or full; the error names `path` and says what to do.
    """
    place = Path(os.path.realpath(path))
    _check_place(place, overwrite=overwrite)
    partial = place.with_name(f".{place.name[:NAME_LENGTH_KEPT]}.{token_hex(8)}.partial")
    try:
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))
        yield partial
        _sync(partial)
        _check_place(place, overwrite=overwrite)
        partial.replace(place)
    except OSError as fault:
        if _concerns(fault, partial):
            raise OSError(fault.errno, f"{fault.strerror}; {_cure_of(fault)}", str(path)) from fault
        raise
    finally:
        partial.unlink(missing_ok=True)
    _sync(place.parent)


def _concerns(fault: OSError, partial: Path) -> bool:
    """Return whether an error is about the temporary file, whose name the user does not know."""
    return fault.filename == str(partial) or (fault.filename is None and fault.errno in _DISK_FAULTS)


def _cure_of(fault: OSError) -> str:
    if fault.errno in _DISK_FAULTS:
        return "make room on its disk, or choose another folder"
    return "choose an existing folder in which you may create files"


def _check_place(place: Path, *, overwrite: bool) -> None:
    if not place.exists():
        return
    if not place.is_file():
        raise FileExistsError(f"{place} is not a file.")
    if not overwrite:
        raise FileExistsError(f"{place} already exists.")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_to_append(path: Path, encoding: str) -> TextIO:
    """Open a text file to append to it; if it is created, only its owner may read it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE)
    return os.fdopen(descriptor, "a", encoding=encoding, newline="")
