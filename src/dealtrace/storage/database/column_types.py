"""Column types that work alike on SQLite and PostgreSQL, and conditions on a list that is passed as one parameter."""

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Dialect,
    Integer,
    Text,
    bindparam,
    cast,
    literal_column,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine

from dealtrace.dates_and_times import EPOCH
from dealtrace.deals.amount import STEPS_PER_RUBLE

EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
RUBLE_FRACTION = Decimal(STEPS_PER_RUBLE)
"""The number of stored units in a ruble: money is stored in whole ten-thousandths, which both engines add exactly."""
RUBLE_STEP = 1 / RUBLE_FRACTION
AnyElement = ColumnElement[Any]
"""An SQL expression; its values are typed Any: the functions that take it work with columns of every type."""


def microseconds(at: datetime) -> int:
    """Return an aware instant as whole microseconds since 1970, as it is stored."""
    return (at - EPOCH) // MICROSECOND


def instant(stored: int) -> datetime:
    """Return stored microseconds as an aware UTC instant."""
    return EPOCH + MICROSECOND * stored


class Instant(TypeDecorator[datetime]):
    """An instant, stored as microseconds since 1970 in UTC, so that SQLite and PostgreSQL sort and compute alike."""

    impl = BigInteger
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], int | None]:  # noqa: ARG002 - the library's signature
        """Return the function that converts instants to the stored integers.

        `process_bind_param` would be slower, and a deal has ten instants.
        """
        return _microseconds_or_none

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[int | None], datetime | None]:  # noqa: ARG002
        """Return the function that converts stored integers to instants; journals read thousands of instants."""
        return _instant_or_none


def _microseconds_or_none(at: datetime | None) -> int | None:
    return None if at is None else microseconds(at)


def _instant_or_none(stored: int | None) -> datetime | None:
    return None if stored is None else instant(stored)


class Day(TypeDecorator[date]):
    """A calendar day of a site, stored as its proleptic Gregorian ordinal."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Return a day as its ordinal."""
        return None if value is None else value.toordinal()

    def process_result_value(self, value: int | None, dialect: Dialect) -> date | None:  # noqa: ARG002
        """Return a stored ordinal as a day."""
        return None if value is None else date.fromordinal(value)


class Rubles(TypeDecorator[Decimal]):
    """An amount of money in rubles, stored in ten-thousandths."""

    impl = BigInteger
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Decimal | None], int | None]:  # noqa: ARG002
        """Return the function that converts amounts to the stored integers, rounding half up."""
        return _steps_or_none

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[int | None], Decimal | None]:  # noqa: ARG002
        """Return the function that converts stored integers to rubles with four decimals."""
        return _rubles_or_none


def _steps_or_none(value: Decimal | None) -> int | None:
    return None if value is None else int((value * RUBLE_FRACTION).to_integral_value(ROUND_HALF_UP))


def _rubles_or_none(stored: int | None) -> Decimal | None:
    return None if stored is None else Decimal(stored) * RUBLE_STEP


class JsonText(TypeDecorator[Any]):
    """Small structured values, stored as JSON text. They are typed Any: JSON may contain values of several types."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[object], str | None]:  # noqa: ARG002
        """Return the function that converts values to JSON text."""
        return _text_or_none

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], Any]:  # noqa: ARG002
        """Return the function that parses stored JSON text."""
        return _json_or_none


def _text_or_none(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def _json_or_none(stored: str | None) -> Any:  # Any: whatever the JSON contains
    return None if stored is None else msgspec.json.decode(stored)


class ListOf(TypeDecorator[list[object]]):
    """A list as a parameter of a compiled statement: JSON on SQLite, an array on PostgreSQL.

    The items are typed Any: they may have the type of any column.
    """

    impl = Text
    cache_ok = True

    def __init__(self, item_type: TypeEngine[Any]) -> None:
        super().__init__()
        self.item_type = item_type

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return a string type for SQLite, an array type for PostgreSQL."""
        return Text() if dialect.name == "sqlite" else ARRAY(self.item_type)

    def process_bind_param(self, value: list[object] | None, dialect: Dialect) -> object:
        """Return the list as JSON text for SQLite, unchanged for PostgreSQL."""
        return msgspec.json.encode(value).decode() if dialect.name == "sqlite" else value


class is_among(ColumnElement[bool]):  # noqa: N801 - named like an SQL function
    """The SQL condition that a column equals an item of a list of any length; it uses the column's index."""

    inherit_cache = True
    type = Boolean()

    def __init__(self, column: AnyElement, parameter: str, values: Collection[object] | None = None) -> None:
        self.column = column
        self.listed = (
            bindparam(parameter, type_=ListOf(column.type))
            if values is None
            else bindparam(parameter, list(values), type_=ListOf(column.type), unique=True)
        )

    def self_group(self, against: object = None) -> "is_among":  # noqa: ARG002 - the library's signature
        """Return this condition unchanged; SQLAlchemy would write `(…) = 1` for SQLite, which then uses no index."""
        return self


@compiles(is_among, "postgresql")
def _postgresql_among(element: is_among, compiler: SQLCompiler, **kwargs: object) -> str:
    return f"{compiler.process(element.column, **kwargs)} = ANY({compiler.process(element.listed, **kwargs)})"


class is_among_many(is_among):  # noqa: N801
    """A condition like `is_among` for long lists: PostgreSQL uses the index, because it does not see the length."""

    inherit_cache = True


@compiles(is_among_many, "postgresql")
def _postgresql_among_many(element: is_among, compiler: SQLCompiler, **kwargs: object) -> str:
    column, listed = compiler.process(element.column, **kwargs), compiler.process(element.listed, **kwargs)
    return f"{column} = ANY(ARRAY(SELECT unnest({listed})))"


@compiles(is_among, "sqlite")
def _sqlite_among(element: is_among, compiler: SQLCompiler, **kwargs: object) -> str:
    column, listed = compiler.process(element.column, **kwargs), compiler.process(element.listed, **kwargs)
    return f"{column} IN (SELECT value FROM json_each({listed}))"  # noqa: S608 - made of the compiler's own parts


IN_LIST_MAX = 200
"""The maximum number of values that are passed as separate parameters; a longer list is passed as one parameter.

Engines limit the number of parameters.
"""


def is_in(column: AnyElement, values: Collection[object]) -> ColumnElement[bool]:
    """Return the SQL condition that a column equals one of `values`, however many there are.

    Without values it is a constant, because SQLite would compare every row of an index with an empty list. SQLAlchemy's
    own `false()` would remove the conditions beside it, such as that of the site.
    """
    if not values:
        return literal_column("(1 = 0)", Boolean)
    return column.in_(values) if len(values) <= IN_LIST_MAX else is_among_many(column, "listed", values)


class each_json(FunctionElement[object]):  # noqa: N801
    """A table function that turns the items of a JSON array into rows; each item is itself an array."""

    name = "each_json"
    inherit_cache = True
    type = JSON()


def json_integer(element: AnyElement) -> ColumnElement[int]:
    """Return an element of a JSON array as a 64-bit integer."""
    return cast(element.as_string(), BigInteger)


@compiles(each_json, "sqlite")
def sqlite_json_each(element: FunctionElement[object], compiler: SQLCompiler, **kwargs: object) -> str:
    """Return the SQL of a table function that turns a JSON array into rows on SQLite."""
    return f"json_each({compiler.process(element.clauses, **kwargs)})"


@compiles(each_json, "postgresql")
def _postgresql_each_json(element: FunctionElement[object], compiler: SQLCompiler, **kwargs: object) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **kwargs)} AS json))"


class json_text(FunctionElement[str]):  # noqa: N801
    """An SQL function: the string under a key of a `JsonText` column, or null if the column is null or lacks the key.

    SQLite's `->>` is not used because it would read a key such as `0` or `$x` as a path.
    """

    name = "json_text"
    inherit_cache = True
    type = Text()


@compiles(json_text, "sqlite")
def _sqlite_json_text(element: FunctionElement[str], compiler: SQLCompiler, **kwargs: object) -> str:
    stored, name = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"(SELECT value FROM json_each({stored}) WHERE key = {name})"  # noqa: S608 - made of the compiler's own parts


@compiles(json_text, "postgresql")
def _postgresql_json_text(element: FunctionElement[str], compiler: SQLCompiler, **kwargs: object) -> str:
    stored, name = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"(CAST({stored} AS json) ->> CAST({name} AS text))"
