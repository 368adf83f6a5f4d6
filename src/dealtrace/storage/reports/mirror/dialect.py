"""Compile the SQL statements of reports for DuckDB, and run them in the mirror."""

from collections.abc import Iterator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import BigInteger, Dialect
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect, PGIdentifierPreparer
from sqlalchemy.engine.interfaces import BindTyping
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BinaryExpression

from dealtrace.record import record
from dealtrace.storage.database.column_types import is_among, is_among_many
from dealtrace.storage.database.compiled_statement import Convert, PlainRow
from dealtrace.storage.reports.mirror.library import MirrorConnection
from dealtrace.storage.reports.rows_on_disk import keep_rows
from dealtrace.storage.reports.statement_types import NO_PARAMETERS, Parameters, Rows, Selection


class _WideInteger(BigInteger):
    """An integer type whose parameters are cast to 64 bits; DuckDB would give small values a smaller type."""

    render_bind_cast = True


class _Compiler(PGCompiler):
    """A compiler of expressions that DuckDB writes differently from PostgreSQL.

    Arguments are typed Any: SQLAlchemy declares the overridden methods like this.
    """

    def visit_floordiv_binary(self, binary: BinaryExpression[Any], operator: Any, **kw: Any) -> str:  # noqa: ARG002
        return f"({self.process(binary.left, **kw)} // {self.process(binary.right, **kw)})"


class _Preparer(PGIdentifierPreparer):
    def _requires_quotes(self, value: str) -> bool:  # noqa: ARG002
        return True


class DuckdbDialect(PGDialect):
    """A dialect that compiles statements for DuckDB, based on PostgreSQL's; it opens no connections."""

    name = "duckdb"
    statement_compiler = _Compiler
    preparer = _Preparer
    bind_typing = BindTyping.RENDER_CASTS
    supports_statement_cache = True
    colspecs = {**PGDialect.colspecs, BigInteger: _WideInteger}  # noqa: RUF012


DIALECT: Dialect = DuckdbDialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


@record
class CompiledText:
    """A statement compiled to SQL text.

    `inward` lists the parameters in order, each with its converter. `outward` has the converters of columns by index.
    `constants` are parameters with a fixed value.
    """

    text: str
    inward: tuple[tuple[str, Convert | None], ...]
    constants: Parameters
    outward: Mapping[int, Convert]

    def arguments(self, parameters: Parameters) -> list[object]:
        """Return the converted values of the parameters in order."""
        given = {**self.constants, **parameters}
        return [convert(given[name]) if convert is not None else given[name] for name, convert in self.inward]


_compiled: WeakKeyDictionary[Selection, dict[str, CompiledText]] = WeakKeyDictionary()
"""The texts of each statement, compiled for DuckDB or for SQLite, by dialect; they are dropped with the statement."""


def compile_for_mirror(statement: Selection, dialect: Dialect) -> CompiledText:
    """Return a statement compiled for a dialect; it is compiled on the first call and cached."""
    engines = _compiled.setdefault(statement, {})
    if dialect.name not in engines:
        engines[dialect.name] = _compile(statement, dialect)
    return engines[dialect.name]


def _compile(statement: Selection, dialect: Dialect) -> CompiledText:
    compiled = statement.compile(dialect=dialect)
    assert not compiled.post_compile_params, "lists are one parameter, or one for each item"
    process = {
        name: bind.type.dialect_impl(dialect).bind_processor(dialect) for bind, name in compiled.bind_names.items()
    }
    required = {name for bind, name in compiled.bind_names.items() if bind.required}
    values = compiled.construct_params(_check=False)
    return CompiledText(
        str(compiled),
        tuple((name, process.get(name)) for name in compiled.positiontup or ()),
        {name: value for name, value in values.items() if name not in required},
        {
            position: convert
            for position, column in enumerate(statement.exported_columns)
            if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        },
    )


def fetch_rows(connection: MirrorConnection, statement: Selection, parameters: Parameters = NO_PARAMETERS) -> Rows:
    """Run a statement in DuckDB and return all its rows, with values converted by the types of their columns."""
    found = compile_for_mirror(statement, DIALECT)
    rows: Iterator[PlainRow] = connection.stream(found.text, found.arguments(parameters))
    if found.outward:
        outward = found.outward
        rows = ([outward[at](value) if at in outward else value for at, value in enumerate(row)] for row in rows)
    return keep_rows(rows)


@compiles(is_among, "duckdb")
def _among(element: is_among, compiler: SQLCompiler, **kwargs: object) -> str:
    column, listed = compiler.process(element.column, **kwargs), compiler.process(element.listed, **kwargs)
    return f"{column} IN (SELECT unnest({listed}))"


@compiles(is_among_many, "duckdb")
def _among_many(element: is_among_many, compiler: SQLCompiler, **kwargs: object) -> str:
    return _among(element, compiler, **kwargs)
