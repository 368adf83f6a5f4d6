"""Keep the rows of large reports on disk: a report of a million rows takes no more memory than one of 100,000 rows.

The files have no name, so the system deletes them when the process ends.
"""

import heapq
import json
import os
import pickle
import sqlite3
import tempfile
import weakref
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, count, islice
from operator import itemgetter
from typing import TypeVar, overload

from dealtrace.reports.refusals import ReportNotKept
from dealtrace.reports.rows.gathered import Fetched, RowKeys

Row = TypeVar("Row")
ROWS_IN_MEMORY = 100_000
"""The maximum number of rows held in memory, for a result or for sorting; more rows are held on disk."""
ROWS_AT_ONCE = 5_000
"""How many rows of a result are fetched from the database at once."""
_AT_ONCE = 50
"""How many rows are written or read at once; while parts are merged, this many rows of each part are in memory."""
_CACHE_KIB = 4_096
"""The cache size, in KiB, of the temporary database in which rows are looked up by key."""


def keep_rows(rows: Iterable[Fetched], in_memory: int = ROWS_IN_MEMORY) -> Sequence[Fetched]:
    """Return rows as a list, or as `FetchedOnDisk` if there are more than `in_memory`."""
    coming = iter(rows)
    first = list(islice(coming, in_memory + 1))
    return first if len(first) <= in_memory else FetchedOnDisk(chain(first, coming))


def sort_rows(
    rows: Iterable[Row], rank: Callable[[Row], object], limit: int | None = None, in_memory: int = ROWS_IN_MEMORY
) -> tuple[Sequence[Row], int]:
    """Return up to `limit` rows sorted by `rank`, and the number of all rows.

    Rows of equal rank keep their order. If more rows than `in_memory` are wanted, sorted parts are written to disk and
    merged.
    """
    numbers = count()
    ranked = ((rank(row), row) for row, _ in zip(rows, numbers, strict=False))
    if limit is not None and limit <= in_memory:
        first = heapq.nsmallest(limit, ranked, key=itemgetter(0))
        return [row for _, row in first], next(numbers)
    parts: list[Sequence[tuple[object, Row]]] = []
    while part := sorted(islice(ranked, in_memory), key=itemgetter(0)):
        if len(part) < in_memory and not parts:
            return [row for _, row in part[:limit]], len(part)
        parts.append(RowsOnDisk(part))
        part.clear()  # or it would be in memory together with the next part
    merged = heapq.merge(*parts, key=itemgetter(0))
    return RowsOnDisk(row for _, row in islice(merged, limit)), next(numbers)


class RowsOnDisk(Sequence[Row]):
    """Rows in a temporary file, a few of which are in memory at a time; only one thread at a time may use them."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._ends, self._count = array("Q", [0]), 0
        self._read: tuple[int, list[Row]] = (-1, [])
        with _refused_if_full():
            file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when this object is garbage-collected
        weakref.finalize(self, file.close)
        self._file = file.fileno()
        coming = iter(rows)
        while some := list(islice(coming, _AT_ONCE)):
            written = pickle.dumps(some)
            with _refused_if_full():
                file.write(written)
                file.flush()
            self._ends.append(self._ends[-1] + len(written))
            self._count += len(some)

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._count

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        """Return the row at an index, or the rows of a slice."""
        if isinstance(place, slice):
            return [self[at] for at in range(*place.indices(self._count))]
        if not 0 <= place < self._count:
            raise IndexError(place)
        some, at = divmod(place, _AT_ONCE)
        if self._read[0] != some:
            start, end = self._ends[some : some + 2]
            self._read = some, pickle.loads(os.pread(self._file, end - start, start))  # noqa: S301 - a file of ours
        return self._read[1][at]


class FetchedOnDisk(RowsOnDisk[Fetched]):
    """Fetched rows in a temporary file."""

    def by_keys(self, width: int) -> Mapping[RowKeys, Fetched]:
        """Return the rows by the values of their first `width` columns; no two rows may have the same values there."""
        return _RowsByKeys(self, width)


class _RowsByKeys(Mapping[RowKeys, Fetched]):
    """Fetched rows by their keys, looked up in a temporary database."""

    def __init__(self, rows: Sequence[Fetched], width: int) -> None:
        self._rows, self._width = rows, width
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._database.close)
        for setting in (f"cache_size = -{_CACHE_KIB}", "journal_mode = OFF"):
            self._database.execute(f"PRAGMA {setting}")
        with _refused_if_full():
            self._store(rows)

    def _store(self, rows: Sequence[Fetched]) -> None:
        self._database.execute("CREATE TABLE row (keys TEXT PRIMARY KEY, columns BLOB) WITHOUT ROWID")
        self._database.execute("BEGIN")
        written = ((json.dumps(row[: self._width]), pickle.dumps(row)) for row in rows)
        self._database.executemany("INSERT INTO row VALUES (?, ?)", written)
        self._database.execute("COMMIT")

    def __getitem__(self, keys: RowKeys) -> Fetched:
        """Return the row with these keys."""
        found = self._database.execute("SELECT columns FROM row WHERE keys = ?", (json.dumps(keys),)).fetchone()
        if found is None:
            raise KeyError(keys)
        row: Fetched = pickle.loads(found[0])  # noqa: S301 - a database of ours
        return row

    def __iter__(self) -> Iterator[RowKeys]:
        """Iterate over the keys of all rows, in the order of the rows."""
        return (tuple(row[: self._width]) for row in self._rows)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)


@contextmanager
def _refused_if_full() -> Iterator[None]:
    """Raise `ReportNotKept` if a temporary file cannot be written.

    An error of the temporary database must not be treated as a failure of the database with the deals.
    """
    try:
        yield
    except OSError as fault:
        raise ReportNotKept(cause=fault.strerror or str(fault)) from fault
    except sqlite3.OperationalError as fault:
        raise ReportNotKept(cause=str(fault)) from fault
