"""Counts of calls, whole or by quarters of an hour and by keywords."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Connection, func, select, type_coerce

from dealtrace.storage.database.column_types import MICROSECOND, instant
from dealtrace.storage.journals.keyset_pages import Cursor, PageQuery, find_page
from dealtrace.storage.schema.tables.visits import traffic_source

QUARTER = timedelta(minutes=15)
"""Every zone of the world is whole quarters away from UTC, so days of any are made of them."""


def count_leads(connection: Connection, listing: PageQuery) -> int:
    """Count the leads of a list."""
    return find_page(connection, listing, Cursor(), 0).total


def count_by_quarter(connection: Connection, listing: PageQuery) -> dict[datetime, int]:
    """Count the leads of a list by the quarters of an hour in which they began; empty ones are missing."""
    length = QUARTER // MICROSECOND
    quarters = (
        select((type_coerce(listing.moment, BigInteger) // length).label("quarter"))
        .select_from(listing.rows)
        .where(*listing.beyond(None))
        .subquery()
    )
    rows = connection.execute(select(quarters.c.quarter, func.count()).group_by(quarters.c.quarter))
    return {instant(quarter * length): count for quarter, count in rows}


def count_by_term(connection: Connection, listing: PageQuery, limit: int) -> list[tuple[str, int]]:
    """Count the leads of a list that asks for sources by their keywords, the most frequent first, `limit` at most."""
    term = traffic_source.c.term
    counted = (
        select(term, func.count())
        .select_from(listing.rows)
        .where(*listing.beyond(None))
        .group_by(term)
        .order_by(func.count().desc(), term)
        .limit(limit)
    )
    return [(words, count) for words, count in connection.execute(counted)]
