"""Reports as visitors of a shared link see them: figures without links, and keys without contacts."""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.accounts.api_request import masked_text
from dealtrace.cabinet.reports.models import ModelsLine, ModelsTable
from dealtrace.cabinet.reports.table import Cell, Heading, KeyCell, Line, Table
from dealtrace.reports.dimensions import Dimension, Kind

NUMBERED = frozenset({"dialled"})
"""Dimensions whose keys are numbers of the company itself."""
EMAIL_SIGN = "@"


def key_for_visitors(dimension: Dimension, words: str) -> str:
    """Return a key with what looks like a phone or an e-mail masked.

    Ours: campaigns and ads have numbers as long as phones, so of parts of sources e-mails alone are masked.
    """
    if dimension.is_time or dimension.name in NUMBERED:
        return words
    if dimension.kind is Kind.SOURCE and EMAIL_SIGN not in words:
        return words
    return masked_text(words)


def table_for_visitors(table: Table, by: Sequence[Dimension]) -> Table:
    """Return a table of a report without links; `by` are the dimensions of its keys."""
    return Table(
        tuple(replace(heading, address="") for heading in table.headings),
        tuple(
            Line(
                tuple(_key(dimension, key) for dimension, key in zip(by, line.keys, strict=True)),
                tuple(map(_cell, line.cells)),
            )
            for line in table.lines
        ),
        tuple(map(_cell, table.total)),
        table.rows_total,
    )


def models_for_visitors(table: ModelsTable, by: Sequence[Dimension]) -> ModelsTable:
    """Return a table of all models, which has no links."""
    return replace(table, lines=tuple(_models_line(line, by) for line in table.lines))


def heading_for_visitors(heading: Heading, dimension: Dimension) -> Heading:
    """Return a heading that is a key, without its link."""
    return replace(heading, words=key_for_visitors(dimension, heading.words), address="")


def _models_line(line: ModelsLine, by: Sequence[Dimension]) -> ModelsLine:
    keys = zip(by, line.keys, strict=False)
    shown = tuple(key_for_visitors(dimension, key) if key is not None else None for dimension, key in keys)
    return replace(line, keys=shown)


def _key(dimension: Dimension, key: KeyCell) -> KeyCell:
    return replace(key, words=key_for_visitors(dimension, key.words), address="")


def _cell(cell: Cell) -> Cell:
    return replace(cell, address="")
