"""How the statements of reports are written for DuckDB, and run there."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Dialect
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect, PGIdentifierPreparer
from sqlalchemy.engine.interfaces import BindTyping
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BinaryExpression

from dealtrace.storage.database.column_types import is_among, is_among_many
from dealtrace.storage.reports.expressions import Selection
from dealtrace.storage.reports.mirror.library import MirrorConnection


class _WideInteger(BigInteger):
    """An integer whose parameters say that they have 64 bits: DuckDB takes the type of a small value to be narrower."""

    render_bind_cast = True


class _Compiler(PGCompiler):
    """Writes what DuckDB writes differently from PostgreSQL.

    Any: these methods override those of SQLAlchemy, which pass keywords on.
    """

    def visit_floordiv_binary(self, binary: BinaryExpression[Any], operator: Any, **kw: Any) -> str:  # noqa: ARG002
        return f"({self.process(binary.left, **kw)} // {self.process(binary.right, **kw)})"


class _Preparer(PGIdentifierPreparer):
    def _requires_quotes(self, value: str) -> bool:  # noqa: ARG002
        return True


class DuckdbDialect(PGDialect):
    """PostgreSQL's dialect as DuckDB speaks it; nothing is connected through it."""

    name = "duckdb"
    statement_compiler = _Compiler
    preparer = _Preparer
    bind_typing = BindTyping.RENDER_CASTS
    supports_statement_cache = True
    colspecs = {**PGDialect.colspecs, BigInteger: _WideInteger}  # noqa: RUF012


DIALECT: Dialect = DuckdbDialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


def fetch_rows(connection: MirrorConnection, statement: Selection) -> list[Sequence[Any]]:
    """Run a statement and return all its rows, values converted by the types of their columns."""
    text, parameters = compiled_text(statement, DIALECT)
    rows: list[Sequence[Any]] = list(connection.execute(text, parameters))
    convert = {
        position: processor
        for position, column in enumerate(statement.exported_columns)
        if (processor := column.type.dialect_impl(DIALECT).result_processor(DIALECT, None)) is not None
    }
    if not convert:
        return rows
    return [[convert[at](value) if at in convert else value for at, value in enumerate(row)] for row in rows]


def compiled_text(statement: Selection, dialect: Dialect) -> tuple[str, list[object]]:
    """Return the text of a statement and its parameters in order, as a driver with positional parameters takes them."""
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    process = {
        name: bind.type.dialect_impl(dialect).bind_processor(dialect) for bind, name in compiled.bind_names.items()
    }
    values, names = compiled.construct_params(), compiled.positiontup or ()
    return str(compiled), [
        convert(values[name]) if (convert := process.get(name)) is not None else values[name] for name in names
    ]


@compiles(is_among, "duckdb")
def _among(element: is_among, compiler: SQLCompiler, **kwargs: object) -> str:
    column, listed = compiler.process(element.column, **kwargs), compiler.process(element.listed, **kwargs)
    return f"{column} IN (SELECT unnest({listed}))"


@compiles(is_among_many, "duckdb")
def _among_many(element: is_among_many, compiler: SQLCompiler, **kwargs: object) -> str:
    return _among(element, compiler, **kwargs)
