"""Statements of SQLAlchemy Core that are compiled to SQL once per engine, and then run on the driver's cursor.

SQLAlchemy spends longer on a small statement than the database does. A compiled statement therefore keeps its text,
the order of its parameters and the converters of its column types.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from sqlalchemy import ARRAY, Connection, Dialect, Insert, Select, Update, bindparam, func, insert, select

from dealtrace.record import record

AnySelect = Select[Any]
"""A query; its rows are typed Any: the type checker does not know the columns of a query that is built at run time."""
Statement = Insert | Update | AnySelect
EngineInsert = Callable[..., Any]
"""An engine's own insert class; inserts are typed Any: both have `on_conflict_do_update`, but no common type has it."""
Convert = Callable[[Any], Any]  # Any: SQLAlchemy's converters have no types
ValuesByName = Mapping[str, object]
"""Values of parameters or columns, by name."""
PlainRow = Sequence[Any]
"""The values of a row, by position, typed Any: drivers do not type columns, so callers make a record of each row."""


class NamedRow(Protocol):
    """A row with columns as attributes: SQLAlchemy's own, or a row of `CompiledStatement.fetch_named`."""

    def __getattr__(self, name: str) -> Any:
        """Return the value of a column, typed Any: neither SQLAlchemy nor the database driver gives values a type."""


@cache
def engine_insert(engine: str) -> EngineInsert:
    """Return the `insert` of an engine's dialect, imported on demand: importing PostgreSQL's takes 0.05 s of CPU."""
    insert_of_engine: EngineInsert = import_module(f"sqlalchemy.dialects.{engine}").insert
    return insert_of_engine


@record
class _Compiled:
    """A statement's SQL text for an engine, its parameters in order, and the converters to and from the driver.

    `takes_arrays` marks an insert that takes an array per column. `constants` are parameters with a fixed value.
    `inward` and `outward` have the converters by the position of the parameter or column; null is never converted.
    """

    text: str
    is_positional: bool
    takes_arrays: bool
    constants: ValuesByName
    parameters: tuple[str, ...]
    inward: Sequence[tuple[int, Convert]]
    outward: Sequence[tuple[int, Convert]]
    names: tuple[str, ...]

    def values(self, parameters: ValuesByName) -> list[object]:
        """Return the values of all parameters in their order."""
        named = {**self.constants, **parameters} if self.constants else parameters
        return [named[name] for name in self.parameters]

    def arguments(self, values: list[object]) -> Any:
        """Convert `values` in place, and return them as the driver takes them: a list or a mapping.

        The result is typed Any: each driver declares its arguments with a type of its own.
        """
        for position, convert in self.inward:
            if (value := values[position]) is not None:
                values[position] = convert(value)
        return values if self.is_positional else dict(zip(self.parameters, values, strict=True))

    def rows(self, stored: Sequence[PlainRow]) -> Sequence[PlainRow]:
        if not self.outward:
            return stored
        rows = [list(row) for row in stored]
        for position, convert in self.outward:
            for row in rows:
                if (value := row[position]) is not None:
                    row[position] = convert(value)
        return rows


class CompiledStatement:
    """A statement of SQLAlchemy Core, compiled for an engine when it first runs on that engine.

    A statement with `ON CONFLICT` needs an engine's own insert class: pass a function that makes the statement from
    that class. `columns` are the columns that an insert of single rows writes, by default all; all other columns are
    null.
    """

    def __init__(
        self,
        statement: Statement | Callable[[EngineInsert], Statement],
        columns: Sequence[str] | None = None,
    ) -> None:
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, _Compiled] = {}

    def run_many(self, connection: Connection, rows: Sequence[ValuesByName]) -> None:
        """Run the statement for each of `rows` in one round trip; without rows, do nothing."""
        if rows:
            compiled = self._compiled_for(connection.dialect)
            self.run_rows(connection, [compiled.values(row) for row in rows])

    def run_rows(self, connection: Connection, rows: Sequence[list[object]]) -> None:
        """Do what `run_many` does; each row is a list of the values of all parameters, and may be modified in place.

        The parameters of an insert are in the order of the table's columns. PostgreSQL takes inserted rows as an array
        per column, which is five times faster than row by row.
        """
        if not rows:
            return
        compiled = self._compiled_for(connection.dialect)
        cursor = connection.connection.cursor()
        try:
            if compiled.takes_arrays:
                cursor.execute(compiled.text, compiled.arguments([list(column) for column in zip(*rows, strict=True)]))
            else:
                cursor.executemany(compiled.text, [compiled.arguments(row) for row in rows])
        finally:
            cursor.close()

    def run(self, connection: Connection, parameters: ValuesByName) -> None:
        """Run the statement once."""
        compiled = self._compiled_for(connection.dialect)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(compiled.text, compiled.arguments(compiled.values(parameters)))
        finally:
            cursor.close()

    def fetch(self, connection: Connection, parameters: ValuesByName) -> Sequence[PlainRow]:
        """Run the statement once and return all rows by position, with values converted."""
        compiled = self._compiled_for(connection.dialect)
        cursor = connection.connection.cursor()
        try:
            if compiled.is_positional:
                cursor.execute(compiled.text, compiled.arguments(compiled.values(parameters)))
            else:  # planned each time: a plan cached while tables were empty would always scan them
                cursor.execute(compiled.text, compiled.arguments(compiled.values(parameters)), prepare=False)  # type: ignore[call-arg]
            return compiled.rows(cursor.fetchall())
        finally:
            cursor.close()

    def fetch_named(self, connection: Connection, parameters: ValuesByName) -> list[NamedRow]:
        """Run the statement once and return all rows with columns as attributes, with values converted."""
        named = _row_maker(self._compiled_for(connection.dialect).names)
        return [named(row) for row in self.fetch(connection, parameters)]

    def _compiled_for(self, dialect: Dialect) -> _Compiled:
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = self._compile_for(dialect)
        return found

    def _compile_for(self, dialect: Dialect) -> _Compiled:
        statement = self._statement
        if not isinstance(statement, Statement):
            return _compile(statement(engine_insert(dialect.name)), dialect)
        if dialect.name == "postgresql" and isinstance(statement, Insert) and not statement.exported_columns:
            return _compile(_from_arrays(statement, self._columns), dialect, takes_arrays=True)
        return _compile(statement, dialect, columns=self._columns)


def _from_arrays(statement: Insert, names: Sequence[str] | None) -> Insert:
    """Return an insert that takes an array of values per column, made from an insert of single rows."""
    columns = [column for column in statement.table.columns if names is None or column.name in names]
    arrays = (func.unnest(bindparam(column.name, type_=ARRAY(column.type, dimensions=1))) for column in columns)
    return insert(statement.table).from_select([column.name for column in columns], select(*arrays))


@cache
def _row_maker(columns: tuple[str, ...]) -> Callable[[PlainRow], NamedRow]:
    """Return a function that turns the values of a row, in the order of `columns`, into a `NamedRow`."""
    make: Callable[[PlainRow], NamedRow] = namedtuple("NamedRow", columns)._make  # type: ignore[attr-defined]  # noqa: PYI024 - the columns are data here
    return make


def _compile(
    statement: Statement, dialect: Dialect, *, takes_arrays: bool = False, columns: Sequence[str] | None = None
) -> _Compiled:
    compiled = statement.compile(dialect=dialect, column_keys=columns)
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
        parameters=tuple(names),
        inward=[
            (position, convert)
            for position, name in enumerate(names)
            if (convert := types[name].bind_processor(dialect)) is not None
        ],
        outward=outward,
        names=tuple(str(column.name) for column in statement.exported_columns),
    )
