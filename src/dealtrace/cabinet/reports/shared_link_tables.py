"""Tables of reports for visitors of shared links: without links, and with contacts masked."""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.cabinet.reports.key_labels import KeyCell
from dealtrace.cabinet.reports.model_comparison import ModelsLine, ModelsTable
from dealtrace.cabinet.reports.table import Table, TableLine, unsortable
from dealtrace.cabinet.reports.without_contacts import unlinked
from dealtrace.reports.dimensions import Dimension
from dealtrace.reports.reading.masked_keys import masked_key


def table_for_visitors(table: Table, by: Sequence[Dimension]) -> Table:
    """Return a copy of a report's table without links and with masked keys; `by` are the dimensions of the keys."""
    lines = tuple(
        TableLine(
            tuple(_key(dimension, key) for dimension, key in zip(by, line.keys, strict=True)),
            tuple(map(unlinked, line.cells)),
        )
        for line in table.lines
    )
    return replace(unsortable(table), lines=lines, total=tuple(map(unlinked, table.total)), more="")


def models_for_visitors(table: ModelsTable, by: Sequence[Dimension]) -> ModelsTable:
    """Return a copy of `table` in which the keys are masked and are not links; `by` are the dimensions of the keys."""
    return replace(table, lines=tuple(_models_line(line, by) for line in table.lines))


def _models_line(line: ModelsLine, by: Sequence[Dimension]) -> ModelsLine:
    return replace(line, keys=tuple(_key(dimension, key) for dimension, key in zip(by, line.keys, strict=False)))


def _key(dimension: Dimension, key: KeyCell) -> KeyCell:
    return replace(key, text=masked_key(dimension, key.text), url="")
