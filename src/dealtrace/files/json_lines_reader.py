"""Read JSON Lines, an object per line; keys of nested objects become columns such as `visit.source`."""

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path

from dealtrace.files.csv_reader import LINE_LENGTH_MAX
from dealtrace.files.row import COLUMNS_MAX, Cell, FileRow, NestedValue, StatedText
from dealtrace.files.unreadable import unreadable
from dealtrace.record import record

HEADINGS_NUMBER = 0
"""The row number of the headings, which are collected from the keys of all lines; the first line is row 1."""
SEPARATOR = ","
START_BYTES = 1024
_MARK = re.escape(codecs.BOM_UTF8)
_MARKS = re.compile(b"(?:%b|\\s)+" % _MARK)
"""Blanks and byte order marks; a file that was joined from several files has a mark at the start of each of them."""
_WHOLE_FLOAT = re.compile(r"(-?[0-9]+)\.0+")
_OBJECT = re.compile(b"(?:%b|[\\s[])*\\{" % _MARK)


def is_json_lines(path: Path) -> bool:
    """Return whether a file begins with a JSON object or a list of objects; `read_json_lines` refuses a list."""
    with path.open("rb") as file:
        start = file.read(START_BYTES)
    return _OBJECT.match(start) is not None


def read_json_lines(path: Path) -> Iterator[FileRow]:
    """Yield a row of headings, which are the keys of all lines, then a row for each line; missing keys are empty cells.

    Numbers keep their digits as written, but a whole number with a `.0` is read without it, as in the API. A key that
    has objects in some lines and plain values in others is a heading; in a line in which the key has an object, its
    cell is a `NestedValue`.

    Raises:
        FileUnreadable: a line is not an object, or there are too many keys.
    """
    headings = _headings(path)
    yield FileRow(HEADINGS_NUMBER, headings)
    for number, cells in _read_lines(path):
        yield FileRow(number, [cells.get(heading, "") for heading in headings])


def _headings(path: Path) -> list[str]:
    """Return the keys with plain values.

    For a key that has objects in some lines, empty plain values do not count.
    """
    filled: dict[str, bool] = {}
    of_objects: set[str] = set()
    for _, cells in _read_lines(path):
        for key, cell in cells.items():
            if isinstance(cell, _Object):
                of_objects.add(key)
            else:
                filled[key] = filled.get(key, False) or cell != ""
        if len(filled) > COLUMNS_MAX:
            raise unreadable(path, f"ключей больше {COLUMNS_MAX}", f"the file has more than {COLUMNS_MAX} keys")
    return [key for key, is_filled in filled.items() if is_filled or key not in of_objects]


def _read_lines(path: Path) -> Iterator[tuple[int, dict[str, Cell]]]:
    number = 0
    with path.open("rb") as file:
        while line := file.readline(LINE_LENGTH_MAX + 1):
            number += 1
            if len(line) > LINE_LENGTH_MAX:
                raise unreadable(
                    path,
                    f"строка {number} длиннее {LINE_LENGTH_MAX} байт",
                    f"line {number} has more than {LINE_LENGTH_MAX} bytes",
                )
            start = _MARKS.match(line)
            if line := line[start.end() if start is not None else 0 :].strip():
                yield number, _read_object(path, number, line)


def _read_object(path: Path, number: int, line: bytes) -> dict[str, Cell]:
    try:
        found = json.loads(line.decode(), parse_int=str, parse_float=_number_text, parse_constant=str)
        cells = dict(_flat("", found)) if isinstance(found, dict) else None
        "".join(cells or ()).encode()
        "".join(map(str, (cells or {}).values())).encode()
    except (ValueError, RecursionError):  # encoding a lone surrogate raises a ValueError, too
        cells = None
    if cells is None:
        raise unreadable(
            path,
            f"строка {number} — не объект JSON: запишите по одному объекту в строке",
            f"line {number} is not a JSON object: write one object per line",
        )
    return cells


def _number_text(written: str) -> str:
    whole = _WHOLE_FLOAT.fullmatch(written)
    return whole[1] if whole is not None else written


@record
class _Object(NestedValue):
    """A JSON object; each of its values is a cell in a column of its own."""


def _flat(name: str, value: object) -> Iterator[tuple[str, Cell]]:
    """Yield each plain value inside a JSON value, as a pair of column name (`visit.source`) and cell.

    An object inside the JSON value also becomes a cell, in addition to the cells of the object's values.
    """
    match value:
        case dict():
            if name:
                yield name, _Object(_json(value))
            for key, inner in value.items():
                yield from _flat(f"{name}.{key}" if name else key, inner)
        case list():
            yield from _flat_list(name, value)
        case bool():
            yield name, value
        case None:
            yield name, ""
        case _:
            yield name, StatedText(value)


def _flat_list(name: str, values: list[object]) -> Iterator[tuple[str, Cell]]:
    """Yield a pair of column name and cell for each custom field in a list, and one pair for all other items.

    The other items, such as tags, phones, e-mails and comments, are joined into one string; if one of them is an
    object, a list or a boolean, the cell has the JSON of the whole list instead.
    """
    texts: list[str] = []
    is_text = True
    for value in values:
        match value:
            case {"field": str(field), "value": inner}:
                items = []
                yield from _flat(f"custom[{field}]", inner)
            case {"names": list(names)}:
                items = names
            case {"phoneNumber": inner} | {"contactValue": inner} | {"comment": inner}:
                items = [inner]
            case _:
                items = [value]
        is_text = is_text and not any(isinstance(item, dict | list | bool) for item in items)
        texts += [str(item or "") for item in items]
    yield name, StatedText(SEPARATOR.join(texts)) if is_text else NestedValue(_json(values))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
