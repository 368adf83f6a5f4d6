"""Counts of calls by quarter of an hour, and by keyword."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Connection, func, select, type_coerce

from dealtrace.storage.database.column_types import MICROSECOND, instant
from dealtrace.storage.journals.keyset_pages import PageQuery
from dealtrace.storage.schema.tables.visits import traffic_source

QUARTER = timedelta(minutes=15)
"""A quarter of an hour; UTC offsets are multiples of it, so a day in any time zone consists of whole quarters."""


def count_by_quarter(connection: Connection, query: PageQuery) -> dict[datetime, int]:
    """Count leads by the start, in UTC, of the quarter of an hour in which they began; empty quarters are left out."""
    length = QUARTER // MICROSECOND
    quarters = (
        select((type_coerce(query.at, BigInteger) // length).label("quarter"))
        .select_from(query.rows)
        .where(*query.after(None))
        .subquery()
    )
    rows = connection.execute(select(quarters.c.quarter, func.count()).group_by(quarters.c.quarter))
    return {instant(quarter * length): count for quarter, count in rows}


def count_by_term(connection: Connection, query: PageQuery, limit: int) -> list[tuple[str, int]]:
    """Count leads by the keyword of their traffic source, most frequent first, for at most `limit` keywords.

    `query` must filter by a field of the traffic source, because only such a query joins the traffic sources.
    """
    term = traffic_source.c.term
    counted = (
        select(term, func.count())
        .select_from(query.rows)
        .where(*query.after(None))
        .group_by(term)
        .order_by(func.count().desc(), term)
        .limit(limit)
    )
    return [(keyword, count) for keyword, count in connection.execute(counted)]
