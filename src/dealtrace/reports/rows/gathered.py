"""The measures of the rows of a report as they were fetched, before figures are computed from them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from dealtrace.record import record
from dealtrace.reports.measures import Measure, Values

RowKey = str | int | None
"""A key of a row in SQL statements: an integer for a time, a string for a name, or `None` for a missing key."""
RowKeys = tuple[RowKey, ...]
Fetched = Sequence[Any]
"""A row fetched from the database; its values are typed Any: its columns have several types."""


@runtime_checkable
class IndexedRows(Protocol):
    """Fetched rows that are kept outside memory, and in which a row can be found by its keys."""

    def by_keys(self, width: int) -> Mapping[RowKeys, Fetched]:
        """Return a mapping from the keys of each row (its first `width` columns) to the row."""


KEYS_REMEMBERED_MAX = 100_000
"""How many keys are kept in memory to find repetitions; further keys are looked up in the mappings, which is slower."""


def different_keys(sides: Sequence[Mapping[RowKeys, object]]) -> Iterator[RowKeys]:
    """Iterate over the keys of several mappings, each key once, with limited memory."""
    remembered: set[RowKeys] = set()
    for place, side in enumerate(sides):
        for keys in side:
            if keys in remembered:
                continue
            if len(remembered) < KEYS_REMEMBERED_MAX:
                remembered.add(keys)
            elif any(keys in other for other in sides[:place]):
                continue
            yield keys


class GatheredRows(Mapping[RowKeys, Values]):
    """A mapping from the keys of a row to its measures.

    Rows are kept as they were fetched, `width` keys followed by the measures, which takes half the memory of `dict`s.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._groups: list[tuple[tuple[Measure, ...], Mapping[RowKeys, Fetched]]] = []

    def add(self, measures: tuple[Measure, ...], rows: Sequence[Fetched]) -> None:
        """Add fetched rows; each row has its keys, followed by the values of `measures`."""
        if isinstance(rows, list) or not isinstance(rows, IndexedRows):  # lists first: asking for a protocol is slow
            found: Mapping[RowKeys, Fetched] = {tuple(row[: self._width]): row for row in rows}
        else:
            found = rows.by_keys(self._width)
        self._groups.append((measures, found))

    def __getitem__(self, keys: RowKeys) -> Values:
        """Return the measures of a row."""
        found: dict[Measure, int | None] = {}
        for measures, rows in self._groups:
            if (row := rows.get(keys)) is not None:
                found.update(zip(measures, row[self._width :], strict=True))
        if not found:
            raise KeyError(keys)
        return found

    def __contains__(self, keys: object) -> bool:
        """Return whether there is a row with these keys."""
        return any(keys in rows for _, rows in self._groups)

    def __iter__(self) -> Iterator[RowKeys]:
        """Iterate over the keys of all rows, without repetitions."""
        return different_keys([rows for _, rows in self._groups])

    def __len__(self) -> int:
        """Return how many rows there are."""
        return sum(1 for _ in self)


@record
class Gathered:
    """The measures of all rows and of the total, for one period and one attribution model.

    `rows` has the measures of each row by its keys; a measure that is missing there is zero, unless it is unknown. A
    measure is `None` if it adds up numbers of which none is known.
    `unknown_in_rows` are measures that cannot be grouped by a dimension of the rows; only their totals are known.
    `unknown` are measures that cannot be filtered by a dimension of a filter; even their totals are unknown.
    `is_counted` is true if a row, even one that is not in `rows`, is known to have a measure other than zero.
    """

    rows: Mapping[RowKeys, Values]
    total: Values
    unknown_in_rows: frozenset[Measure] = frozenset()
    unknown: frozenset[Measure] = frozenset()
    is_counted: bool = False
