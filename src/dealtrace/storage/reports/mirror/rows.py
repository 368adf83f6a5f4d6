"""The rows of the mirror as selects over the database, and how they stream from one to the other."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from threading import Thread
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, Table, Text, func, literal, select, type_coerce

from dealtrace.storage.reports.mirror import dialect
from dealtrace.storage.reports.mirror.library import MirrorConnection
from dealtrace.storage.reports.mirror.tables import CUSTOM_VALUES

_ROWS_AT_ONCE = 5_000
_LINE_BYTES_MAX = 8 * 1024 * 1024
"""Far beyond the longest row that a request may bring."""


def stream_rows(
    source: Connection, mirror: MirrorConnection, target: Table, rows: Iterable[tuple[int, Select[Any]]]
) -> None:
    """Insert rows of the database, selected for each site, into a table of the mirror; they have its other columns.

    SQLite writes the rows as lines of CSV into a pipe, DuckDB reads them at the other end: no other way without
    further libraries is as fast, and no memory is needed but the pipe's.
    """
    statements = [_lines(source, target, selected, site_id) for site_id, selected in rows]
    reading_end, writing_end = os.pipe()
    feeder = _Feeder(source, statements, writing_end)
    feeder.start()
    try:
        mirror.execute(_inserting(target, reading_end))
    finally:
        os.close(reading_end)
        feeder.join()
    if feeder.fault is not None:
        raise feeder.fault


class _Feeder(Thread):
    """Writes what statements of SQLite answer, a line a row, into a pipe."""

    def __init__(self, source: Connection, statements: Sequence[tuple[str, Sequence[object]]], pipe: int) -> None:
        super().__init__(name="mirror-feeder", daemon=True)
        self._source, self._statements, self._pipe = source, statements, pipe
        self.fault: Exception | None = None

    def run(self) -> None:
        """Write all lines, then close the pipe."""
        try:
            with open(self._pipe, "w", encoding="utf-8", newline="") as pipe:  # noqa: PTH123 - a descriptor
                for lines in self._stretches():
                    pipe.write("".join(lines))
        except Exception as fault:  # noqa: BLE001 - raised where the rows are read
            self.fault = fault

    def _stretches(self) -> Iterator[list[str]]:
        with closing(self._source.connection.cursor()) as cursor:
            for text, parameters in self._statements:
                cursor.execute(text, parameters)
                while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                    yield [line for (line,) in rows]


def _lines(source: Connection, target: Table, rows: Select[Any], site_id: int) -> tuple[str, list[object]]:
    """Return the statement that answers rows as lines of CSV, in the order of the table's columns."""
    found = rows.subquery("found")
    line: ColumnElement[Any] = literal(f"{site_id}", Text)
    for column in target.c:
        if column.name != "site_id":
            value = found.c[column.name]
            field = value if isinstance(column.type, BigInteger) else _quoted(value)
            line = line.concat(",").concat(func.coalesce(type_coerce(field, Text), ""))
    return dialect.compiled_text(select(line.concat("\n")), source.dialect)


def _quoted(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return literal('"').concat(func.replace(value, '"', '""')).concat('"')


def _inserting(target: Table, pipe: int) -> str:
    """Return the statement that reads lines of CSV from a pipe: an empty value is null, `""` an empty text."""
    types = ", ".join(
        f"'{column.name}': '{'BIGINT' if isinstance(column.type, BigInteger) else 'VARCHAR'}'" for column in target.c
    )
    values = ", ".join(
        f'CAST(CAST("{column.name}" AS JSON) AS MAP(VARCHAR, VARCHAR))'
        if column.name == CUSTOM_VALUES
        else f'"{column.name}"'
        for column in target.c
    )
    return (
        f"INSERT INTO {target.name} SELECT {values} FROM read_csv('/dev/fd/{pipe}', auto_detect = false, "  # noqa: S608
        f"header = false, delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, "
        f"new_line = '\\n', parallel = false, max_line_size = {_LINE_BYTES_MAX}, buffer_size = {_LINE_BYTES_MAX}, columns = {{{types}}})"
    )
