"""Copy rows from the SQLite database into the mirror's tables as a stream."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from threading import Thread

from sqlalchemy import Connection, Text, func, select, type_coerce

from dealtrace.record import record
from dealtrace.storage.database.interruption import PAUSE_SECONDS, interrupt_of
from dealtrace.storage.reports.fact_tables import SITE_ID
from dealtrace.storage.reports.mirror import dialect
from dealtrace.storage.reports.mirror.library import MirrorConnection
from dealtrace.storage.reports.statement_types import Parameters, Selection

_ROWS_AT_ONCE = 5_000
_LINE_BYTES_MAX = 8 * 1024 * 1024
"""The maximum length, in bytes, of a line of text passed from SQLite to DuckDB.

A row with 200 custom values of 4,096 characters is shorter.
"""
_OPTIONS = (
    "auto_detect = false, header = false, delim = ',', quote = '''', escape = '''', nullstr = ['', 'NULL'], "
    "allow_quoted_nulls = false, new_line = '\\n', parallel = false, "
    f"max_line_size = {_LINE_BYTES_MAX}, buffer_size = {_LINE_BYTES_MAX}"
)


@record
class Stream:
    """A stream of rows into a table of the mirror.

    `numbers` and `texts` are the names of the selected columns, without `site_id`. `inserting` is the SQL insert of the
    rows, with the placeholder `{streamed}` for their source, and `parameters` are the parameters of the insert, in
    order.
    """

    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    inserting: str
    parameters: tuple[object, ...] = ()


def stream_rows(
    source: Connection, mirror: MirrorConnection, stream: Stream, rows: Iterable[tuple[Selection, Parameters]]
) -> None:
    """Copy the rows of selects from the database into the mirror; `rows` has each select with its parameters.

    SQLite writes the rows to a pipe as lines of CSV, and DuckDB reads the pipe.
    """
    statements = []
    for selected, parameters in rows:
        line = dialect.compile_for_mirror(csv_line_of(stream, selected), source.dialect)
        statements.append((line.text, line.arguments(parameters)))
    reading_end, writing_end = os.pipe()
    feeder = _Feeder(source, statements, writing_end)
    feeder.start()
    try:
        mirror.execute(stream.inserting.format(streamed=_reading(stream, reading_end)), stream.parameters)
    finally:
        os.close(reading_end)
        feeder.end()
    if feeder.fault is not None:
        raise feeder.fault


class _Feeder(Thread):
    """A thread that runs SQL statements in SQLite and writes each row to a pipe as a line of CSV."""

    def __init__(self, source: Connection, statements: Sequence[tuple[str, Sequence[object]]], pipe: int) -> None:
        super().__init__(name="mirror-feeder", daemon=True)
        self._source, self._statements, self._pipe = source, statements, pipe
        self.fault: Exception | None = None

    def run(self) -> None:
        """Write all lines, then close the pipe."""
        try:
            with open(self._pipe, "w", encoding="utf-8", newline="") as pipe:  # noqa: PTH123 - a descriptor
                pipe.writelines("".join(lines) for lines in self._chunks())
        except Exception as fault:  # noqa: BLE001 - raised where the rows are read
            self.fault = fault

    def end(self) -> None:
        """Wait until the thread has ended; if it does not end soon, interrupt its reading from SQLite."""
        interrupt = interrupt_of(self._source)
        self.join(PAUSE_SECONDS)
        while self.is_alive():
            interrupt()
            self.join(PAUSE_SECONDS)

    def _chunks(self) -> Iterator[list[str]]:
        with closing(self._source.connection.cursor()) as cursor:
            for text, parameters in self._statements:
                cursor.execute(text, parameters)
                while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                    yield [line for (line,) in rows]


@lru_cache(64)
def csv_line_of(stream: Stream, rows: Selection) -> Selection:
    """Return a select whose rows are lines of CSV: the site, the numbers, then the strings.

    SQLite formats a line in one call, which is more than twice as fast as joining its values one by one. `%s` writes
    null as nothing; `%Q` writes it as `NULL`, and a string in single quotes.
    """
    found = rows.subquery("found")
    line = ",".join(("%s", *("%s" for _ in stream.numbers), *("%Q" for _ in stream.texts))) + "\n"
    values = [found.c[name] for name in (*stream.numbers, *stream.texts)]
    return select(func.printf(line, SITE_ID, *(type_coerce(value, Text) for value in values)))


def _reading(stream: Stream, pipe: int) -> str:
    """Return the DuckDB expression that reads CSV from a pipe; an empty value means null, and `''` an empty string."""
    types = {"site_id": "BIGINT", **dict.fromkeys(stream.numbers, "BIGINT"), **dict.fromkeys(stream.texts, "VARCHAR")}
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    return f"read_csv('/dev/fd/{pipe}', {_OPTIONS}, columns = {{{columns}}})"
