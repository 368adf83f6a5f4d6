"""Read JSON Lines, an object per line; keys of nested objects become columns such as `visit.source`."""

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from dealtrace.files.csv_reader import LINE_LENGTH_MAX
from dealtrace.files.row import COLUMNS_MAX, Row
from dealtrace.files.unreadable import unreadable

HEADINGS_NUMBER = 0
"""The row number of the headings, which are not a line of the file; the first line of the file is row 1."""
SEPARATOR = ","
START_BYTES = 1024
_OBJECT = re.compile(rb"\s*(?:\[\s*)?\{")


def is_json_lines(path: Path) -> bool:
    """Return whether a file begins with a JSON object or a list of objects; `read_json_lines` refuses a list."""
    with path.open("rb") as file:
        start = file.read(START_BYTES)
    return _OBJECT.match(start.removeprefix(codecs.BOM_UTF8)) is not None


def read_json_lines(path: Path) -> Iterator[Row]:
    """Yield a row of headings, which are the keys of all lines, then a row for each line; missing keys are empty cells.

    Numbers keep their digits as written.

    Raises:
        FileUnreadable: a line is not an object, or there are too many keys.
    """
    headings: dict[str, None] = {}
    for _, cells in _read_lines(path):
        headings.update(dict.fromkeys(cells))
        if len(headings) > COLUMNS_MAX:
            raise unreadable(path, f"ключей больше {COLUMNS_MAX}", f"it has more than {COLUMNS_MAX} keys")
    yield Row(HEADINGS_NUMBER, list(headings))
    for number, cells in _read_lines(path):
        yield Row(number, [cells.get(heading, "") for heading in headings])


def _read_lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
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
            if line := line.removeprefix(codecs.BOM_UTF8).strip():
                yield number, _read_object(path, number, line)


def _read_object(path: Path, number: int, line: bytes) -> dict[str, str]:
    try:
        found = json.loads(line.decode(), parse_int=str, parse_float=str, parse_constant=str)
        cells = dict(_flat("", found)) if isinstance(found, dict) else None
        "".join(cells or ()).encode()
        "".join((cells or {}).values()).encode()
    except (ValueError, RecursionError):  # encoding a lone surrogate raises a ValueError, too
        cells = None
    if cells is None:
        raise unreadable(
            path,
            f"строка {number} — не объект JSON: запишите по одному объекту в строке",
            f"line {number} is not a JSON object: write one object per line",
        )
    return cells


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield each plain value inside a JSON value, as a pair of column name (`visit.source`) and string."""
    match value:
        case dict():
            for key, inner in value.items():
                yield from _flat(f"{name}.{key}" if name else key, inner)
        case list():
            yield from _flat_list(name, value)
        case bool():
            yield name, "true" if value else "false"
        case None:
            yield name, ""
        case _:
            yield name, str(value)


def _flat_list(name: str, values: list[object]) -> Iterator[tuple[str, str]]:
    """Yield a pair of column name and string for each custom field in a list, and one pair for all other items.

    The other items, such as tags, phones, e-mails and comments, are joined to one string.
    """
    texts: list[str] = []
    for value in values:
        match value:
            case {"field": str(field), "value": inner}:
                yield from _flat(f"custom[{field}]", inner)
            case {"names": list(names)}:
                texts += map(_text, names)
            case {"phoneNumber": inner} | {"contactValue": inner} | {"comment": inner}:
                texts.append(_text(inner))
            case _:
                texts.append(_text(value))
    yield name, SEPARATOR.join(texts)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping | list) else str(value or "")
