"""SQL functions for reports that SQLite, PostgreSQL and DuckDB write differently."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Dialect,
    Integer,
    Text,
    case,
    func,
    literal,
    literal_column,
    or_,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from dealtrace.attribution.traffic_source import UNKNOWN_PARTS
from dealtrace.reports.dimensions import FIELD_PREFIX
from dealtrace.reports.periods import MONTHS
from dealtrace.storage.database.case_folding import casefolded, casefolded_to
from dealtrace.storage.database.column_types import json_text, sqlite_json_each
from dealtrace.storage.reports.statement_types import Expression

HALVES = 1_000_000_000
"""Numbers are split into billions and a remainder, summed separately, because sums in SQLite are limited to 64 bits."""


class WholeNumber(TypeDecorator[int]):
    """The SQL type of a sum of integers; a sum may exceed 64 bits, and the sum of no rows is zero."""

    impl = BigInteger
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], int]:  # noqa: ARG002
        """Return the function that converts an engine's results, typed Any: engines return sums of different types."""
        return integer_result


def integer_result(answered: Any) -> int:
    """Return a sum as an integer; `answered` is typed Any: drivers return integers, decimal numbers or strings."""
    if answered is None:
        return 0
    if isinstance(answered, str):
        billions, rest = answered.split(":")
        return int(billions) * HALVES + int(rest)
    return int(answered)


class KnownNumber(WholeNumber):
    """The SQL type of a sum of integers; an unknown sum is null."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[object], int | None]:  # type: ignore[override]  # noqa: ARG002
        """Return the function that converts an engine's results to integers."""
        return lambda answered: None if answered is None else integer_result(answered)


class total_of(FunctionElement[int]):  # noqa: N801 - named like an SQL function
    """The SQL expression for the exact sum of an integer expression."""

    name = "total_of"
    inherit_cache = True
    type = WholeNumber()


@compiles(total_of)
def _total(element: total_of, compiler: SQLCompiler, **kwargs: object) -> str:
    return f"sum({compiler.process(element.clauses, **kwargs)})"


@compiles(total_of, "sqlite")
def _sqlite_total(element: total_of, compiler: SQLCompiler, **kwargs: object) -> str:
    added = compiler.process(element.clauses, **kwargs)
    return f"(sum(({added}) / {HALVES}) || ':' || sum(({added}) % {HALVES}))"


def total_if_known(added: Expression, is_unknown: Expression) -> Expression:
    """Return the SQL expression for the exact sum of an integer expression, null if the sum is unknown.

    `is_unknown` is 1 in rows in which `added` is null because the number to add is unknown, otherwise 0. The sum is
    unknown if there are such rows, and the other numbers add up to zero; see `known_sum`.
    """
    is_whole = func.coalesce(func.max(is_unknown), literal_column("0")) == literal_column("0")
    known = case((or_(is_whole, has_total(added)), func.coalesce(total_of(added), literal_column("0"))))
    return type_coerce(known, KnownNumber())


class has_total(FunctionElement[bool]):  # noqa: N801
    """The SQL condition that the sum of an integer expression is not zero."""

    name = "has_total"
    inherit_cache = True
    type = Boolean()


@compiles(has_total)
def _has_total(element: has_total, compiler: SQLCompiler, **kwargs: object) -> str:
    return f"(coalesce(sum({compiler.process(element.clauses, **kwargs)}), 0) <> 0)"


@compiles(has_total, "sqlite")
def _sqlite_has_total(element: has_total, compiler: SQLCompiler, **kwargs: object) -> str:
    """Return the condition over the parts of the sum: beyond 64 bits their sum is a float, which is not zero either."""
    added = compiler.process(element.clauses, **kwargs)
    return f"(coalesce(sum(({added}) / {HALVES}) * {HALVES} + sum(({added}) % {HALVES}), 0) <> 0)"


class different_numbers(FunctionElement[int]):  # noqa: N801
    """The SQL expression that uses a bitmap to count distinct numbers; only for DuckDB.

    The arguments are the numbers, which must not be negative, and the highest possible number.
    """

    name = "different_numbers"
    inherit_cache = True
    type = BigInteger()


@compiles(different_numbers, "duckdb")
def _duckdb_different(element: different_numbers, compiler: SQLCompiler, **kwargs: object) -> str:
    number, highest = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"coalesce(bit_count(bitstring_agg({number}, 0, {highest})), 0)"


class month_of(FunctionElement[int]):  # noqa: N801
    """An SQL expression for the number of a day's month, counted from January of the year 0.

    The first argument is the day's ordinal; the second is an SQL expression that computes the month from the ordinal by
    arithmetic. DuckDB does not use the second argument: its own date functions take a quarter of the time.
    """

    name = "month_of"
    inherit_cache = True
    type = BigInteger()


@compiles(month_of)
def _month(element: month_of, compiler: SQLCompiler, **kwargs: object) -> str:
    _, computed = element.clauses
    return f"({compiler.process(computed, **kwargs)})"


@compiles(month_of, "duckdb")
def _duckdb_month(element: month_of, compiler: SQLCompiler, **kwargs: object) -> str:
    ordinal, _ = element.clauses
    day = f"(DATE '0001-01-01' + CAST({compiler.process(ordinal, **kwargs)} - 1 AS INTEGER))"
    return f"(year({day}) * {MONTHS} + month({day}) - 1)"


class items_of(FunctionElement[str]):  # noqa: N801
    """A table function that returns the strings of a JSON array as rows with one column, `value`."""

    name = "items_of"
    inherit_cache = True
    type = Text()


compiles(items_of, "sqlite")(sqlite_json_each)


@compiles(items_of, "postgresql")
def _postgresql_items(element: items_of, compiler: SQLCompiler, **kwargs: object) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **kwargs)} AS json))"


class joined_texts(FunctionElement[str]):  # noqa: N801
    """The SQL aggregate that joins strings with a separator; as a window function, it joins them in order."""

    name = "joined_texts"
    inherit_cache = True
    type = Text()


@compiles(joined_texts)
def _joined(element: joined_texts, compiler: SQLCompiler, **kwargs: object) -> str:
    return f"string_agg({compiler.process(element.clauses, **kwargs)})"


@compiles(joined_texts, "sqlite")
def _sqlite_joined(element: joined_texts, compiler: SQLCompiler, **kwargs: object) -> str:
    return f"group_concat({compiler.process(element.clauses, **kwargs)})"


class _folded_placeholder(casefolded_to):  # noqa: N801
    """The SQL expression for a string with the letters of placeholders such as `(Not Set)` in lower case."""

    inherit_cache = True
    letters = "".join(sorted(UNKNOWN_PARTS))


def known_text(text: Expression) -> Expression:
    """Return an SQL expression: `text`, or null if `text` is a placeholder such as `(not set)`; see `part_key`.

    Only strings that begin like a placeholder are trimmed and folded, because doing so to every string took most of
    the time of a report by a custom field.
    """
    folded = _folded_placeholder(func.trim(text, BLANKS))
    signs = literal(BLANKS + "".join(sorted({part[:1] for part in UNKNOWN_PARTS})))
    checked = case((folded.in_([literal(part, Text) for part in sorted(UNKNOWN_PARTS)]), None), else_=text)
    return case((position_in(signs, func.substr(text, 1, 1)) > 0, checked), else_=text)


def field_texts(custom_values: Expression, names: Iterable[str]) -> dict[str, Expression]:
    """Return, for each name of a custom field, such as `field:city`, the SQL expression for its value."""
    fields = (name for name in names if name.startswith(FIELD_PREFIX))
    return {name: known_text(json_text(custom_values, literal(name.removeprefix(FIELD_PREFIX)))) for name in fields}


BLANKS = "".join(character for character in map(chr, range(0x3001)) if character.isspace())
"""The characters that `str.strip` removes; SQL's `trim` removes only spaces by default."""


def unstored_status_key(spelling: Expression) -> Expression:
    """Return the SQL expression for the key of a status spelling that is not stored; null for blanks and placeholders.

    Filters use the same key; see `status_key`. Most spellings that are not stored are empty and need no folding.
    """
    return case((spelling != "", casefolded(func.trim(known_text(spelling), BLANKS))))


def plain_status_key(spelling: Expression) -> Expression:
    """Return an expression like `unstored_status_key`, with `lower` instead of case folding.

    DuckDB plans it 100 times as fast.
    """
    return func.nullif(func.lower(func.trim(spelling, BLANKS)), "")


def status_of_deal(stored_key: Expression, spelling: Expression) -> Expression:
    """Return the SQL expression for the key of a deal's status; `stored_key` is null if the spelling is not stored."""
    return case((stored_key.is_not(None), known_text(stored_key)), else_=unstored_status_key(spelling))


def without_query(url: ColumnElement[str]) -> Expression:
    """Return the SQL expression for a page's URL without query and fragment."""
    return _before("#", _before("?", url))


def _before(sign: str, text: Expression) -> Expression:
    return func.substr(text, 1, position_in(text + sign, literal(sign)) - 1)


class position_in(FunctionElement[int]):  # noqa: N801
    """The SQL expression for the position of the second string in the first, counted from 1; 0 if it is not found."""

    name = "position_in"
    inherit_cache = True
    type = Integer()


@compiles(position_in)
def _position(element: position_in, compiler: SQLCompiler, **kwargs: object) -> str:
    text, sought = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"strpos({text}, {sought})"


@compiles(position_in, "sqlite")
def _sqlite_position(element: position_in, compiler: SQLCompiler, **kwargs: object) -> str:
    text, sought = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"instr({text}, {sought})"
