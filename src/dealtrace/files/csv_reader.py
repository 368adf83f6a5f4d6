"""CSV files: delimited by commas, semicolons or tabs, in an encoding that spreadsheets use."""

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from dealtrace.errors import FileUnreadable
from dealtrace.files.row import Row

DELIMITERS = ";,\t"
LINE_LENGTH_MAX = 1_000_000
BLOCK_BYTES = 1 << 20
UTF_8, UTF_16, WINDOWS_1251 = "utf-8", "utf-16", "cp1251"
_CODECS = {UTF_8: "utf-8-sig"}
"""Spreadsheets start UTF-8 files with a byte order mark, which is not part of the first heading."""


def detect_encoding(path: Path) -> str:
    """Return the encoding of a file: UTF-16 by its byte order mark, else UTF-8 or Windows-1251, if the file is valid.

    Raises:
        FileUnreadable: it is none of them.
    """
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return UTF_16
    encoding = next((encoding for encoding in (UTF_8, WINDOWS_1251) if _is_valid(path, encoding)), None)
    if encoding is None:
        raise FileUnreadable(
            file=path.name,
            ru="кодировка не UTF-8 и не Windows-1251, укажите её: --encoding",
            en="the encoding is neither UTF-8 nor Windows-1251; set --encoding",
        )
    return encoding


def read_csv(path: Path, encoding: str, count_known: Callable[[Sequence[str]], int]) -> Iterator[Row]:
    """Yield the rows of a file; its delimiter is the one that gives the most known headings in the first line.

    Raises:
        FileUnreadable: a line cannot be parsed.
    """
    number = 0
    try:
        delimiter = _delimiter_of(path, encoding, count_known)
        with path.open(encoding=_CODECS.get(encoding, encoding), newline="") as file:
            for cells in csv.reader(_lines(file, path), delimiter=delimiter, strict=True):
                number += 1
                yield Row(number, cells)
    except UnicodeError as error:
        raise FileUnreadable(
            file=path.name,
            ru=f"кодировка не {encoding}, укажите правильную: --encoding",
            en=f"the encoding is not {encoding}; set --encoding",
        ) from error
    except csv.Error as error:
        raise FileUnreadable(
            file=path.name, ru=f"строка {number + 1}: {error}", en=f"row {number + 1}: {error}"
        ) from error


def _is_valid(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter_of(path: Path, encoding: str, count_known: Callable[[Sequence[str]], int]) -> str:
    with path.open(encoding=_CODECS.get(encoding, encoding), newline="") as file:
        first = next((line for line in _lines(file, path) if line.strip()), "")

    def score(delimiter: str) -> tuple[int, int]:
        cells = next(csv.reader([first], delimiter=delimiter), [])
        return count_known(cells), len(cells)

    return max(DELIMITERS, key=score)


def _lines(file: TextIO, path: Path) -> Iterator[str]:
    while line := file.readline(LINE_LENGTH_MAX + 1):
        if len(line) > LINE_LENGTH_MAX:
            raise FileUnreadable(
                file=path.name,
                ru=f"строка длиннее {LINE_LENGTH_MAX} символов",
                en=f"a line has more than {LINE_LENGTH_MAX} characters",
            )
        yield line
