"""Statements compiled once and run on the driver: Core writes them, its execution is too dear on the hot path."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Select, Update

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The text for one engine, the parameters in its order, and what converts values on the way in and out."""

    text: str
    constants: Mapping[str, Any]
    positions: Sequence[str] | None
    inward: Sequence[tuple[str, Convert]]
    outward: Sequence[tuple[int, Convert]]

    def arguments(self, parameters: Mapping[str, Any]) -> Any:
        values = {**self.constants, **parameters}
        for name, convert in self.inward:
            values[name] = convert(values[name])
        return values if self.positions is None else [values[name] for name in self.positions]

    def row(self, stored: Sequence[Any]) -> list[Any]:
        row = list(stored)
        for position, convert in self.outward:
            row[position] = convert(row[position])
        return row


class HotStatement:
    """One Core statement, compiled for an engine when first run there; its column types still convert every value."""

    def __init__(self, statement: Insert | Update | Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def run_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run the statement for each of `rows`, as one exchange with the driver; nothing happens without rows."""
        if not rows:
            return
        compiled = self._compiled_for(connection.dialect)
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(compiled.text, [compiled.arguments(row) for row in rows])
        finally:
            cursor.close()

    def fetch(self, connection: Connection, parameters: Mapping[str, Any]) -> list[list[Any]]:
        """Run the statement once and return all its rows, converted."""
        compiled = self._compiled_for(connection.dialect)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(compiled.text, compiled.arguments(parameters))
            return [compiled.row(stored) for stored in cursor.fetchall()]
        finally:
            cursor.close()

    def _compiled_for(self, dialect: Dialect) -> _Compiled:
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = _compile(self._statement, dialect)
        return found


def _compile(statement: Insert | Update | Select[Any], dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    inward = [
        (name, convert)
        for bind, name in compiled.bind_names.items()
        if (convert := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    ]
    columns = list(statement.selected_columns) if isinstance(statement, Select) else []
    outward = [
        (position, convert)
        for position, column in enumerate(columns)
        if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
    ]
    positions = compiled.positiontup if compiled.positional else None
    return _Compiled(str(compiled), compiled.construct_params(_check=False), positions, inward, outward)
