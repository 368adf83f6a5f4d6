"""Files that are there whole or not at all: written beside their place, and renamed when they are complete."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import TextIO

PRIVATE = 0o600
"""Exports, refused rows and backups hold personal data: nobody but their owner reads them, from the first byte."""
NAME_LENGTH_KEPT = 40
"""Characters of a name that its partial file shows: with four bytes each they leave room for the rest of a name."""


@contextmanager
def written_whole(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield the path of an empty private file to write; on success it is synced and becomes `path`.

    On any failure, Ctrl-C and a full disk among them, it is deleted, and what stood at `path` stays as it was.
    A symbolic link at `path` stays a link: the file it leads to is replaced.

    Raises:
        FileExistsError: there is a file at `path` and it must not be overwritten, or it is no ordinary file.
        OSError: the folder is missing, or nothing can be written into it.
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
    finally:
        partial.unlink(missing_ok=True)
    _sync(place.parent)


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
    """Open a text file to append to it; if it is created, nobody but its owner may read it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE)
    return os.fdopen(descriptor, "a", encoding=encoding, newline="")
