"""Read CSV files that are delimited by commas, semicolons or tabs and have one of several encodings."""

import codecs
import csv
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TextIO

from dealtrace.errors import FileUnreadable, Violation
from dealtrace.files.row import FileRow
from dealtrace.files.unreadable import Cure, CureKind, unreadable
from dealtrace.files.windows_1251 import is_windows_1251
from dealtrace.plain_text import BYTE_ORDER_MARK

DELIMITERS = ";,\t"
LINE_LENGTH_MAX = 1_000_000
BLOCK_BYTES = 1 << 20
CELL_LENGTH_MAX = csv.field_size_limit()
MISPLACED_QUOTES = Violation(
    "row",
    "лишние кавычки: возьмите ячейку в кавычки целиком, а кавычки внутри удвойте",
    "misplaced quotes: quote the whole cell and double the inner quotes",
)
CELL_TOO_LONG = Violation(
    "row",
    f"в ячейке больше {CELL_LENGTH_MAX} символов: сократите её или удалите столбец",
    f"a cell has more than {CELL_LENGTH_MAX} characters: shorten it or remove its column",
)
_LIMIT_EXCEEDED = "field larger than field limit"
"""The prefix of the message with which `csv` refuses a cell that is too long."""


class Encoding(StrEnum):
    """The encodings in which a CSV file can be read."""

    UTF_8 = "utf-8"
    WINDOWS_1251 = "cp1251"
    UTF_16 = "utf-16"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    KOI8_R = "koi8-r"
    DOS_866 = "cp866"
    ISO_8859_5 = "iso8859-5"
    MAC_CYRILLIC = "mac-cyrillic"


UTF_8, UTF_16, WINDOWS_1251 = Encoding.UTF_8, Encoding.UTF_16, Encoding.WINDOWS_1251
_CODECS: Mapping[str, str] = {UTF_8: "utf-8-sig"}
"""Maps an encoding to its codec, if the name differs: `utf-8-sig` drops the byte order mark that spreadsheets write."""
_SAMPLE_BYTES = 4096
_USUAL_SIGNS = re.compile("[\t\r\n -~\u00a0«»\u0400-\u04ff–—№]")
USUAL_SHARE_MIN = 0.9
"""A file with null bytes is treated as UTF-16 if more than this share of its characters, read as UTF-16, are common."""
_STATED_DELIMITER = re.compile(r'"?sep=([;,\t|])"?\s*', re.IGNORECASE)
"""A first line `sep=;`, which tells Excel the delimiter; Excel does not show it, so it has no row number."""
_FAULTY = "\udfff"
"""The character that replaces bytes that cannot be decoded; it cannot occur in a valid file."""
_MARK_FAULTS = "dealtrace-mark-faults"

codecs.register_error(_MARK_FAULTS, lambda error: (_FAULTY, getattr(error, "end", 0)))


def detect_encoding(path: Path) -> str:
    """Return the encoding of a file: by its byte order mark (UTF-16 or UTF-8) or by its content.

    A damaged file that is mostly UTF-8 is treated as UTF-8; when it is read, the error names the faulty row.

    Raises:
        FileUnreadable: the file has another encoding, or is a mixture of encodings.
    """
    with path.open("rb") as file:
        start = file.read(_SAMPLE_BYTES)
    is_utf_32 = start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE))
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not is_utf_32:
        return UTF_16
    if (unmarked := _utf_16_without_mark(start)) is not None:
        return unmarked
    if not is_utf_32 and (start.startswith(codecs.BOM_UTF8) or _is_mostly_utf_8(path)):
        return UTF_8
    if not is_utf_32 and is_windows_1251(path):
        return WINDOWS_1251
    raise unreadable(
        path,
        "это не текст в UTF-8 или Windows-1251, либо файл обрезан или в нём смешаны две кодировки",
        "the file is not text in UTF-8 or Windows-1251, or it is cut off or mixes two encodings",
        Cure(CureKind.ENCODING),
    )


def _utf_16_without_mark(start: bytes) -> str | None:
    """Return the kind of UTF-16 in which the beginning of a file is written, or `None` if it is not in UTF-16."""
    if b"\0" not in start:
        return None
    for encoding in (Encoding.UTF_16_LE, Encoding.UTF_16_BE):
        text = start.decode(encoding, "replace")
        if len(_USUAL_SIGNS.findall(text)) > USUAL_SHARE_MIN * len(text):
            return encoding
    return None


def read_csv(
    path: Path, encoding: str, count_known: Callable[[Sequence[str]], int], head_lines: int = 1
) -> Iterator[FileRow]:
    """Yield the rows of a CSV file, split at the delimiter in a first line such as `sep=;`, or at the most likely one.

    The most likely delimiter is the one with which `count_known` finds the most known headings in a line. The headings
    must be in one of the first `head_lines` lines that are not blank.

    Raises:
        FileUnreadable: bytes are not in the encoding, a line is too long, or the file ends inside a quoted cell.
    """
    try:
        delimiter = _delimiter_of(path, encoding, count_known, head_lines)
    except UnicodeError as error:  # UTF-16 without its byte order mark
        raise unreadable(
            path, f"это не {encoding}", f"the file is not in {encoding}", Cure(CureKind.OTHER_ENCODING)
        ) from error
    try:
        yield from _rows(path, encoding, delimiter, "strict")
    except UnicodeError as error:
        number = _faulty_row(path, encoding, delimiter)
        raise unreadable(
            path,
            f"строка {number}: не {encoding}. Файл обрезан, повреждён или в другой кодировке",
            f"row {number} is not in {encoding}. The file is cut off, damaged, or has another encoding",
            Cure(CureKind.OTHER_ENCODING),
        ) from error


def _rows(path: Path, encoding: str, delimiter: str, errors: str) -> Iterator[FileRow]:
    """Yield the rows of a CSV file; `errors` is the codec error handler for bytes that cannot be decoded.

    If a line has misplaced quotes, or has a cell that is too long, the line is split at every delimiter and becomes one
    row with a `fault`.
    """
    with path.open(encoding=_CODECS.get(encoding, encoding), errors=errors, newline="") as file:
        lines = _Lines(file, path)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        number = 0
        while True:
            number += 1
            lines.consumed.clear()
            try:
                yield FileRow(number, next(reader))
            except StopIteration:
                return
            except csv.Error as error:
                if lines.is_at_end and len(lines.consumed) == 1:
                    raise _cut_off(path, number, error) from error
                yield _faulty(number, lines, delimiter, error)


class _Lines:
    """An iterator over the lines of a file; `consumed` has the lines of the current row."""

    def __init__(self, file: TextIO, path: Path) -> None:
        self.consumed: deque[str] = deque()
        self.is_at_end = False
        self._again: deque[str] = deque()
        self._lines = _lines(file, path)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines, None)
        if line is None:
            self.is_at_end = True
            raise StopIteration
        self.consumed.append(line)
        return line

    def step_back(self) -> str:
        """Return the first line of the current row, and make the iterator read its other lines again."""
        first = self.consumed.popleft()
        self._again.extendleft(reversed(self.consumed))
        self.is_at_end = False
        return first.rstrip("\r\n")


def _faulty(number: int, lines: _Lines, delimiter: str, error: csv.Error) -> FileRow:
    """Return a row with a `fault` for a line that `csv` refused.

    If the line opens a quoted cell that continues into further lines and becomes too long there, the fault is misplaced
    quotes: the quote that opens the cell was never closed.
    """
    is_too_long = len(lines.consumed) == 1 and str(error).startswith(_LIMIT_EXCEEDED)
    return FileRow(number, lines.step_back().split(delimiter), CELL_TOO_LONG if is_too_long else MISPLACED_QUOTES)


def _cut_off(path: Path, number: int, error: csv.Error) -> FileUnreadable:
    return unreadable(
        path,
        f"строка {number}: файл обрывается внутри кавычек ({error})",
        f"row {number}: the file ends inside quotes ({error})",
    )


def _faulty_row(path: Path, encoding: str, delimiter: str) -> int:
    """Return the number of the first row with bytes that cannot be decoded."""
    number = 0
    for row in _rows(path, encoding, delimiter, _MARK_FAULTS):
        number = row.number
        if any(_FAULTY in str(cell) for cell in row.cells):
            return number
    return number + 1


def _is_mostly_utf_8(path: Path) -> bool:
    """Return whether a file, read as UTF-8, has more valid non-ASCII characters than errors, or no errors at all.

    An incomplete character at the end is not counted as an error if the file has a valid non-ASCII character, since
    the file was probably just cut off.
    """
    decoder = codecs.getincrementaldecoder(UTF_8)(_MARK_FAULTS)
    characters = faults = 0
    is_cut = False
    with path.open("rb") as file:
        is_over = False
        while not is_over:
            block = file.read(BLOCK_BYTES)
            is_over = not block
            text = decoder.decode(block, final=is_over)
            if not text.isascii():
                faults_here = text.count(_FAULTY)
                faults += faults_here
                is_cut = is_over and faults_here == 1
                characters += sum(character > "\x7f" for character in text) - faults_here
    return characters > faults - is_cut or not faults


def _delimiter_of(path: Path, encoding: str, count_known: Callable[[Sequence[str]], int], head_lines: int) -> str:
    with path.open(encoding=_CODECS.get(encoding, encoding), errors=_MARK_FAULTS, newline="") as file:
        first = list(islice((line for line in _lines(file, path) if line.strip()), head_lines))

        file.seek(0)
        stated = _STATED_DELIMITER.fullmatch(file.readline(LINE_LENGTH_MAX).lstrip(BYTE_ORDER_MARK))

    def score(delimiter: str) -> tuple[int, int]:
        lines = (_split(line, delimiter) for line in first)
        return max(((count_known(cells), len(cells)) for cells in lines), default=(0, 0))

    return stated[1] if stated is not None else max(DELIMITERS, key=score)


def _split(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line; a line that `csv` refuses is split at every delimiter."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


def _lines(file: TextIO, path: Path) -> Iterator[str]:
    """Yield the lines of a file without byte order marks; a first line such as `sep=;` is left out."""
    is_first = True
    while line := file.readline(LINE_LENGTH_MAX + 1):
        if len(line) > LINE_LENGTH_MAX:
            raise unreadable(
                path,
                f"строка длиннее {LINE_LENGTH_MAX} символов",
                f"a line has more than {LINE_LENGTH_MAX} characters",
            )
        bare = line.lstrip(BYTE_ORDER_MARK)
        if not (is_first and _STATED_DELIMITER.fullmatch(bare)):
            yield bare
        is_first = False
