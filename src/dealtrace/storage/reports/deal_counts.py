"""Count a site's deals by status, count its won statuses, and find its first visit and whether deals have margins."""

from datetime import datetime
from functools import lru_cache

from sqlalchemy import func, select

from dealtrace.reports.facts import Fact
from dealtrace.reports.statuses import Meaning
from dealtrace.storage.database.column_types import instant
from dealtrace.storage.reports.fact_tables import AT, DealTime, FactTables
from dealtrace.storage.reports.key_spellings import STATEMENTS_MAX
from dealtrace.storage.reports.statement_types import Fetch, Selection


def count_won_statuses(fetch: Fetch, tables: FactTables) -> int:
    """Count the statuses that mean that a deal is won; each spelling of a status counts separately."""
    return int(fetch(_won_statuses(tables))[0][0])


@lru_cache(STATEMENTS_MAX)
def _won_statuses(tables: FactTables) -> Selection:
    statuses = tables.statuses().subquery("statuses")
    return select(func.count()).where(statuses.c.meaning == Meaning.WON)


def count_deals_by_spelling(fetch: Fetch, tables: FactTables) -> dict[str, int]:
    """Count the non-deleted deals of the site by spelling of their status."""
    rows = tables.rows(Fact.DEALS, {"status_spelling"}, DealTime.HAPPENED).subquery("facts")
    column = rows.c.status_spelling
    return {row[0]: row[1] for row in fetch(select(column, func.count()).group_by(column))}


def has_margins(fetch: Fetch, tables: FactTables) -> bool:
    """Return whether any deal of the site has a margin."""
    return bool(fetch(_deal_with_margin(tables)))


@lru_cache(STATEMENTS_MAX)
def _deal_with_margin(tables: FactTables) -> Selection:
    rows = tables.rows(Fact.DEALS, {"margin"}, DealTime.HAPPENED).subquery("facts")
    return select(rows.c.id).where(rows.c.margin.is_not(None)).limit(1)


def find_first_visit(fetch: Fetch, tables: FactTables) -> datetime | None:
    """Return when the first visit of the site began, or `None` if the site has no visits."""
    ((first,),) = fetch(_first_visit(tables))
    return instant(first) if first is not None else None


@lru_cache(STATEMENTS_MAX)
def _first_visit(tables: FactTables) -> Selection:
    visits = tables.rows(Fact.VISITS, {AT}, DealTime.HAPPENED).subquery("facts")
    return select(func.min(visits.c[AT]))
