"""Reports for people who see reports without contacts: keys that look like contacts are masked."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import overload

from dealtrace.accounts.rights import Role
from dealtrace.cabinet.reports.models import ModelsTable
from dealtrace.cabinet.reports.pivot import PivotTable
from dealtrace.cabinet.reports.table import KeyCell, Table
from dealtrace.cabinet.reports.visitors import key_for_visitors
from dealtrace.cabinet.view import View
from dealtrace.reports.answer import Report, Row
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.pivot import Pivot, PivotLine


def may_see_contacts(view: View) -> bool:
    """Return whether the person's role on the site lets them see contacts."""
    return view.role is not None and view.role.includes(Role.ANALYST)


def table_for_readers(table: Table, by: Sequence[Dimension]) -> Table:
    """Return a copy of a report's table with contacts in keys masked; a row with a masked key has no links to it.

    `by` are the dimensions of the keys. The URLs of such links would contain the contact.
    """
    lines = []
    for line in table.lines:
        keys = _keys(by, line.keys)
        cells = line.cells if keys == line.keys else tuple(replace(cell, address="") for cell in line.cells)
        lines.append(replace(line, keys=keys, cells=cells))
    return replace(table, lines=tuple(lines))


def models_for_readers(table: ModelsTable, by: Sequence[Dimension]) -> ModelsTable:
    """Return a copy of a table of all models with contacts in keys masked; see `table_for_readers`."""
    lines = []
    for line in table.lines:
        keys = _keys(by, line.keys)
        values = line.values if keys == line.keys else tuple(replace(cell, address="") for cell in line.values)
        lines.append(replace(line, keys=keys, values=values))
    return replace(table, lines=tuple(lines))


def pivot_for_readers(table: PivotTable, pivot: Pivot) -> PivotTable:
    """Return a copy of the table of a pivot with contacts in its keys masked; see `table_for_readers`."""
    by = pivot.report.question.by
    columns = tuple(_key(pivot.dimension, column) for column in table.columns)
    is_masked = [*(after != before for after, before in zip(columns, table.columns, strict=True)), False]
    rows = []
    for row in table.rows:
        keys = _keys(by, row.keys)
        cells = tuple(
            replace(cell, address="") if keys != row.keys or masked else cell
            for cell, masked in zip(row.cells, is_masked, strict=True)
        )
        rows.append(replace(row, keys=keys, cells=cells))
    total = tuple(
        replace(cell, address="") if masked else cell for cell, masked in zip(table.total, is_masked, strict=True)
    )
    return replace(table, columns=columns, rows=tuple(rows), total=total)


def answer_for_readers(answered: Report | Pivot) -> Report | Pivot:
    """Return a copy of a report or a pivot, with contacts in its keys masked."""
    if isinstance(answered, Report):
        return replace(answered, rows=_MaskedRows(answered.rows, answered.question.by))
    by = answered.report.question.by
    return replace(
        answered,
        columns=_masked((answered.dimension,) * len(answered.columns), answered.columns),
        lines=tuple(_masked_line(by, line) for line in answered.lines),
    )


class _MaskedRows(Sequence[Row]):
    """The rows of a report with contacts in keys masked; each row is masked on access, as it is built on access."""

    def __init__(self, rows: Sequence[Row], by: Sequence[Dimension]) -> None:
        self._rows, self._by = rows, by

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        """Return the row at an index, or the rows of a slice."""
        if isinstance(place, slice):
            return _MaskedRows(self._rows[place], self._by)
        return self._masked(self._rows[place])

    def __iter__(self) -> Iterator[Row]:
        """Iterate over the rows."""
        return map(self._masked, self._rows)

    def _masked(self, row: Row) -> Row:
        return replace(row, keys=_masked(self._by, row.keys))


def _masked_line(by: Sequence[Dimension], line: PivotLine) -> PivotLine:
    return replace(line, keys=_masked(by, line.keys))


def _masked(by: Sequence[Dimension], keys: Sequence[str | None]) -> tuple[str | None, ...]:
    return tuple(
        key_for_visitors(dimension, key) if key is not None else None for dimension, key in zip(by, keys, strict=True)
    )


def _keys(by: Sequence[Dimension], keys: Sequence[KeyCell]) -> tuple[KeyCell, ...]:
    return tuple(_key(dimension, key) for dimension, key in zip(by, keys, strict=True))


def _key(dimension: Dimension, key: KeyCell) -> KeyCell:
    words = key_for_visitors(dimension, key.words)
    return key if words == key.words else replace(key, words=words, address="")
