"""Tables of text: commas, semicolons or tabs between cells, in one of the encodings that spreadsheets save."""

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from dealtrace.errors import FileUnreadable
from dealtrace.files.row import Row

DELIMITERS = ";,\t"
LINE_LENGTH_MAX = 1_000_000
PIECE_BYTES = 1 << 20
UTF_8, UTF_16, WINDOWS_1251 = "utf-8", "utf-16", "cp1251"
_READS = {UTF_8: "utf-8-sig"}
"""Spreadsheets put a mark before UTF-8, which is no part of the first heading."""


def detect_encoding(path: Path) -> str:
    """Tell the encoding of a file: what its mark says, UTF-8 if all of it is, else Windows-1251, if all of it can be.

    Raises:
        FileUnreadable: it is neither.
    """
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return UTF_16
    found = next((one for one in (UTF_8, WINDOWS_1251) if _is_all(path, one)), None)
    if found is None:
        raise FileUnreadable(
            file=path.name,
            ru="кодировка не UTF-8 и не Windows-1251, назовите её: --encoding",
            en="it is neither UTF-8 nor Windows-1251, name its encoding by --encoding",
        )
    return found


def read_csv(path: Path, encoding: str, count_known: Callable[[Sequence[str]], int]) -> Iterator[Row]:
    """Read a table row by row; its delimiter is the one that makes most sense of the first line.

    Raises:
        FileUnreadable: as soon as a line is met that cannot be read.
    """
    number = 0
    try:
        delimiter = _delimiter_of(path, encoding, count_known)
        with path.open(encoding=_READS.get(encoding, encoding), newline="") as file:
            for cells in csv.reader(_lines(file, path), delimiter=delimiter, strict=True):
                number += 1
                yield Row(number, cells)
    except UnicodeError as fault:
        raise FileUnreadable(
            file=path.name,
            ru=f"это не {encoding}, назовите кодировку: --encoding",
            en=f"it is not {encoding}, name its encoding by --encoding",
        ) from fault
    except csv.Error as fault:
        raise FileUnreadable(
            file=path.name, ru=f"строка {number + 1}: {fault}", en=f"row {number + 1}: {fault}"
        ) from fault


def _is_all(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter_of(path: Path, encoding: str, count_known: Callable[[Sequence[str]], int]) -> str:
    with path.open(encoding=_READS.get(encoding, encoding), newline="") as file:
        first = next((line for line in _lines(file, path) if line.strip()), "")

    def sense(delimiter: str) -> tuple[int, int]:
        cells = next(csv.reader([first], delimiter=delimiter), [])
        return count_known(cells), len(cells)

    return max(DELIMITERS, key=sense)


def _lines(file: TextIO, path: Path) -> Iterator[str]:
    while line := file.readline(LINE_LENGTH_MAX + 1):
        if len(line) > LINE_LENGTH_MAX:
            raise FileUnreadable(
                file=path.name,
                ru=f"строка длиннее {LINE_LENGTH_MAX} символов",
                en=f"a line is longer than {LINE_LENGTH_MAX} characters",
            )
        yield line
