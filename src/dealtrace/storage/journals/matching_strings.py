"""SQL conditions for strings that contain a search string or match a mask, written so that SQLite uses its indexes.

`LIKE` of SQLite ignores the case of ASCII letters, that of PostgreSQL ignores none.
"""

from collections.abc import Iterable, Iterator
from string import ascii_lowercase, ascii_uppercase

from sqlalchemy import ColumnElement, Connection, or_

from dealtrace.leads.search_field import ANY
from dealtrace.storage.database.column_types import AnyElement
from dealtrace.storage.database.engine import SQLITE

_ESCAPE = "\\"
_SURROGATES = range(0xD800, 0xE000)
_LAST_CHARACTER = 0x10FFFF
_TO_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_TO_UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)


def contains(connection: Connection, column: AnyElement, typed: str) -> ColumnElement[bool]:
    """Return the SQL condition that a string contains `typed`: in lower or upper case, capitalised, or as typed."""
    written = {typed, typed.lower(), typed.upper(), typed.capitalize(), typed.title()}
    if _is_sqlite(connection):
        written = {_ascii_lower(text) for text in written}
    return or_(*(column.like(_like(f"{ANY}{text}{ANY}"), escape=_ESCAPE) for text in sorted(written)))


def contains_mask(column: AnyElement, mask: str) -> ColumnElement[bool]:
    """Return the SQL condition that a part of a string matches `mask`."""
    return column.like(_like(f"{ANY}{mask}{ANY}"), escape=_ESCAPE)


def matches(connection: Connection, column: AnyElement, mask: str) -> list[ColumnElement[bool]]:
    """Return the SQL conditions of which a string that matches `mask` meets one; `*` stands for any characters.

    SQLite uses no index for `LIKE`. There, the conditions therefore state as well between which strings the column is.
    A query for each of them reads only this part of the column's index, and rows only where the mask matches.
    """
    found = column.like(_like(mask), escape=_ESCAPE)
    if not _is_sqlite(connection):
        return [found]
    return [_is_between(column, low, high) & found for low, high in _ranges(mask.partition(ANY)[0])]


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == SQLITE


def _is_between(column: AnyElement, low: str, high: str | None) -> ColumnElement[bool]:
    return column >= low if high is None else (column >= low) & (column < high)


def _ranges(beginning: str) -> Iterator[tuple[str, str | None]]:
    """Yield the lower and the upper limit of strings that begin so, in any case of ASCII letters.

    In each range, the first letter has the same case. Upper-case letters come before lower-case ones, so the range
    also has some other strings.
    """
    rest = beginning[1:]
    for first in sorted({_ascii_upper(beginning[:1]), _ascii_lower(beginning[:1])}):
        yield first + _ascii_upper(rest), _end_of(first + _ascii_lower(rest))


def _end_of(beginning: str) -> str | None:
    """Return the first string after all that have this beginning, or `None` if nothing follows them."""
    kept = beginning.rstrip(chr(_LAST_CHARACTER))
    if not kept:
        return None
    following = ord(kept[-1]) + 1
    return kept[:-1] + chr(_SURROGATES.stop if following in _SURROGATES else following)


def _ascii_lower(text: str) -> str:
    return text.translate(_TO_LOWER)


def _ascii_upper(text: str) -> str:
    return text.translate(_TO_UPPER)


def _like(mask: str) -> str:
    """Return the `LIKE` pattern for a mask; in a mask, `*` stands for any text, other characters for themselves."""
    return "%".join(_literal(part) for part in mask.split(ANY))


def _literal(text: str, special: Iterable[str] = (_ESCAPE, "%", "_")) -> str:
    for character in special:
        text = text.replace(character, _ESCAPE + character)
    return text
