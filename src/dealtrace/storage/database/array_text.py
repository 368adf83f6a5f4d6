"""Write Python lists as PostgreSQL arrays in text form, a whole list at once instead of item by item."""

from collections.abc import Iterable

from psycopg import DataError
from psycopg.abc import Buffer, DumperKey
from psycopg.adapt import PyFormat
from psycopg.types.array import ListDumper


class ArrayDumper(ListDumper):
    """Writes a list as the text of an untyped array; the SQL text has the type, as in `%(id)s::BIGINT[]`.

    psycopg's own dumper would take a fifth of a registration's CPU time: it runs a regular expression for every
    quotation mark, and the journal of requests has many. The dumper would also give each list the smallest type that
    fits its integers, and a statement would be prepared again for each combination of such types.
    """

    def get_key(self, obj: list[object], format: PyFormat) -> DumperKey:  # noqa: A002, ARG002 - the library's signature
        """Return the same key for all lists, so that one dumper writes them all."""
        return self.cls

    def upgrade(self, obj: list[object], format: PyFormat) -> "ArrayDumper":  # noqa: A002, ARG002 - the library's signature
        """Return this dumper; psycopg's own method would make another dumper for the type of the items."""
        return self

    def dump(self, obj: list[object]) -> Buffer | None:
        """Return the text of the array in UTF-8; items other than integers and strings are written by psycopg.

        Raises:
            DataError: a string has a null character, which PostgreSQL cannot store.
        """
        types = set(map(type, obj)) - {type(None)}
        if types == {int}:
            return _array_of("NULL" if item is None else str(item) for item in obj)
        if types == {str}:
            return _array_of("NULL" if item is None else _quoted(str(item)) for item in obj)
        return super().dump(obj)


def _array_of(items: Iterable[str]) -> bytes:
    text = ",".join(items)
    if "\0" in text:
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return f"{{{text}}}".encode()


def _quoted(text: str) -> str:
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if '"' in text:
        text = text.replace('"', '\\"')
    return f'"{text}"'
