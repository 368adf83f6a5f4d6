"""Decide whether a comma or a point separates the decimals in a column of a file."""

from collections.abc import Iterable
from dataclasses import replace

from dealtrace.files.cell_types import NumberCell
from dealtrace.files.import_columns import Layout
from dealtrace.files.row import FileRow


class DecimalSigns:
    """Finds the decimal sign of each column of an imported table: call `note` for each row, then `decided`.

    Ours: the decimal sign of the other cells in a column decides whether `1,234` is 1234 or 1.234. If they show no
    decimal sign, or both, the cell is refused.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._shown: dict[int, set[str]] = {position: set() for position, _ in self._numbers()}

    def note(self, row: FileRow) -> None:
        """Note the decimal signs that the cells of a row show."""
        for position, cell_type in self._numbers():
            if position < len(row.cells) and (sign := cell_type.shown_sign(row.cells[position])):
                self._shown[position].add(sign)

    def decided(self) -> Layout:
        """Return the layout, in which each column of numbers is given the decimal sign that its cells show.

        A column whose cells show no decimal sign, or both signs, is left unchanged.
        """
        decided = []
        for found in self._layout.found_columns:
            signs = self._shown.get(found.position, set())
            if isinstance(found.column.type, NumberCell) and len(signs) == 1:
                cell_type = replace(found.column.type, decimal_sign=next(iter(signs)))
                found = replace(found, column=replace(found.column, type=cell_type))  # noqa: PLW2901
            decided.append(found)
        return replace(self._layout, found_columns=tuple(decided))

    def _numbers(self) -> Iterable[tuple[int, NumberCell]]:
        for found in self._layout.found_columns:
            if isinstance(found.column.type, NumberCell):
                yield found.position, found.column.type
