"""The SQL conditions for the filters of a report."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, ColumnElement, Text, bindparam, false, not_, or_, select

from dealtrace.reports.dimensions import Kind
from dealtrace.reports.filters import Operator, by_dimension
from dealtrace.storage.database.column_types import is_among_many
from dealtrace.storage.reports.counted_rows import CountedRows, dimension_key
from dealtrace.storage.reports.fact_tables import FactTables
from dealtrace.storage.reports.scope import FilterShape
from dealtrace.storage.reports.statement_types import Expression


def filter_conditions(
    tables: FactTables, filters: Sequence[FilterShape], rows: CountedRows
) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for all filters; a report counts only visits, leads and so on that meet them all."""
    conditions = []
    for positive, negative in by_dimension(filters).values():
        if positive:
            conditions.append(or_(*(_condition(tables, each, rows) for each in positive)))
        conditions += [_condition(tables, each, rows) for each in negative]
    return conditions


def _condition(tables: FactTables, condition: FilterShape, rows: CountedRows) -> ColumnElement[bool]:
    if condition.dimension.kind is Kind.TAG:
        return _tag_condition(tables, condition, rows)
    key = dimension_key(condition.dimension, rows)
    match condition.operator:
        case Operator.EMPTY:
            return key.is_(None)
        case Operator.FILLED:
            return key.is_not(None)
        case Operator.NOT:
            return not_(_is_one_of(key, condition))
        case _:
            return _is_one_of(key, condition)


def _tag_condition(tables: FactTables, condition: FilterShape, rows: CountedRows) -> ColumnElement[bool]:
    """Return the SQL condition for a filter by tags: a lead or deal has one of the tags in the filter's values.

    A filter for a missing value selects leads or deals without tags. A negative filter negates the condition.
    """
    tags = tables.tags(rows.fact).subquery()
    is_tagged = rows.facts.c.id.in_(select(tags.c.owner_id))
    if not condition.operator.takes_value:
        return is_tagged if condition.operator is Operator.FILLED else not_(is_tagged)
    holds: ColumnElement[bool] = rows.facts.c.id.in_(select(tags.c.owner_id).where(_is_named(tags.c.tag, condition)))
    if condition.names_nothing:
        holds = or_(not_(is_tagged), holds)
    return not_(holds) if condition.operator is Operator.NOT else holds


def _is_one_of(key: Expression, condition: FilterShape) -> ColumnElement[bool]:
    """Return the SQL condition that a key is among the filter's values; it is true or false even for a null key."""
    present = _is_named(key, condition)
    if condition.names_nothing:
        return or_(key.is_(None), present)
    return key.is_not(None) & present


def _is_named(key: Expression, condition: FilterShape) -> ColumnElement[bool]:
    if not condition.values:
        return false()
    if condition.is_list:
        return is_among_many(key, condition.parameter())
    kind = BigInteger if condition.dimension.is_time else Text
    return key.in_([bindparam(condition.parameter(number), type_=kind) for number in range(condition.values)])
