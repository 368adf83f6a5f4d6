"""Statements compiled once and run on the driver: Core writes them, its execution is too dear on the hot path."""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Connection, Dialect, Insert, Select, Update, bindparam, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from dealtrace.record import record

Statement = Insert | Update | Select[Any]
Convert = Callable[[Any], Any]
_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@record
class _Compiled:
    """The text for one engine, its parameters in order, and what converts values on the way in and out."""

    text: str
    is_positional: bool
    takes_arrays: bool
    constants: Mapping[str, Any]
    inward: Sequence[tuple[str, Convert | None]]
    outward: Sequence[tuple[int, Convert]]
    names: tuple[str, ...]

    def arguments(self, parameters: Mapping[str, Any]) -> Any:
        values = {**self.constants, **parameters} if self.constants else parameters
        if self.is_positional:
            return [values[name] if convert is None else convert(values[name]) for name, convert in self.inward]
        return {name: values[name] if convert is None else convert(values[name]) for name, convert in self.inward}

    def rows(self, stored: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        if not self.outward:
            return stored
        rows: list[Any] = [list(row) for row in stored]
        for position, convert in self.outward:
            for row in rows:
                if (value := row[position]) is not None:
                    row[position] = convert(value)
        return rows


class CompiledStatement:
    """One Core statement, compiled for an engine when first run there; its column types still convert every value.

    What needs an engine's own insert (`ON CONFLICT`) is given as a function of that insert.
    """

    def __init__(self, statement: Statement | Callable[[Callable[..., Any]], Statement]) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def run_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run the statement for each of `rows`, as one exchange with the driver; nothing happens without rows.

        PostgreSQL takes inserted rows as one array a column, five times faster than row by row.
        """
        if not rows:
            return
        compiled = self._compiled_for(connection.dialect)
        cursor = connection.connection.cursor()
        try:
            if compiled.takes_arrays:
                columns = {name: [row[name] for row in rows] for name, _ in compiled.inward}
                cursor.execute(compiled.text, compiled.arguments(columns))
            else:
                cursor.executemany(compiled.text, [compiled.arguments(row) for row in rows])
        finally:
            cursor.close()

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> None:
        """Run the statement once."""
        compiled = self._compiled_for(connection.dialect)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(compiled.text, compiled.arguments(parameters))
        finally:
            cursor.close()

    def fetch(self, connection: Connection, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Run the statement once and return all its rows, converted."""
        compiled = self._compiled_for(connection.dialect)
        cursor = connection.connection.cursor()
        try:
            if compiled.is_positional:
                cursor.execute(compiled.text, compiled.arguments(parameters))
            else:  # planned anew each time: a plan kept from when the tables were empty would scan them for ever
                cursor.execute(compiled.text, compiled.arguments(parameters), prepare=False)  # type: ignore[call-arg]
            return compiled.rows(cursor.fetchall())
        finally:
            cursor.close()

    def fetch_named(self, connection: Connection, parameters: Mapping[str, Any]) -> list[Any]:
        """Run the statement once and return all its rows, each with its columns by name."""
        named = _named(self._compiled_for(connection.dialect).names)
        return [named(row) for row in self.fetch(connection, parameters)]

    def _compiled_for(self, dialect: Dialect) -> _Compiled:
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = self._compile_for(dialect)
        return found

    def _compile_for(self, dialect: Dialect) -> _Compiled:
        written = self._statement
        if not isinstance(written, Statement):
            return _compile(written(_INSERT[dialect.name]), dialect)
        if dialect.name == "postgresql" and isinstance(written, Insert) and not written.exported_columns:
            return _compile(_from_arrays(written), dialect, takes_arrays=True)
        return _compile(written, dialect)


def _from_arrays(statement: Insert) -> Insert:
    """Write an insert of single rows as one that takes an array for each column; a value may itself be a list."""
    columns = statement.table.columns
    arrays = (func.unnest(bindparam(column.name, type_=ARRAY(column.type, dimensions=1))) for column in columns)
    return insert(statement.table).from_select([column.name for column in columns], select(*arrays))


@cache
def _named(columns: tuple[str, ...]) -> Convert:
    """Make what turns a row into one whose columns have names."""
    make: Convert = namedtuple("Row", columns)._make  # type: ignore[attr-defined]  # noqa: PYI024 - the columns are data here
    return make


def _compile(statement: Statement, dialect: Dialect, *, takes_arrays: bool = False) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    types = {name: bind.type.dialect_impl(dialect) for bind, name in compiled.bind_names.items()}
    names = compiled.positiontup if compiled.positional and compiled.positiontup is not None else list(types)
    outward = [
        (position, convert)
        for position, column in enumerate(statement.exported_columns)
        if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
    ]
    return _Compiled(
        text=str(compiled),
        is_positional=compiled.positional,
        takes_arrays=takes_arrays,
        constants={name: value for name, value in compiled.params.items() if value is not None},
        inward=[(name, types[name].bind_processor(dialect)) for name in names],
        outward=outward,
        names=tuple(str(column.name) for column in statement.exported_columns),
    )
