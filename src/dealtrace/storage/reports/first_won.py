"""SQL that finds the first won deal of each client, for the metrics of first-time buyers."""

from sqlalchemy import Subquery, and_, case, func, select

from dealtrace.reports.facts import Fact
from dealtrace.reports.statuses import Meaning
from dealtrace.storage.reports.fact_tables import AT, DealTime, FactTables
from dealtrace.storage.reports.flags import FIRST_WON
from dealtrace.storage.reports.statement_types import Selection


def with_first_won(chosen: Selection, base: Subquery, first: Subquery) -> Selection:
    """Return the select `chosen` with a further column that is 1 for the first won deal of each client, else 0.

    Ours: if several first won deals of a client have the same time, each counts, so the order of arrival does not
    matter. The join also compares the times: if it compared only the clients, PostgreSQL would expect far too many rows
    and therefore read them in one process.
    """
    is_first = and_(base.c.meaning == Meaning.WON, first.c.client_id.is_not(None))
    joined = base.outerjoin(first, and_(first.c.client_id == base.c.client_id, first.c[AT] == base.c[AT]))
    return chosen.add_columns(case((is_first, 1), else_=0).label(FIRST_WON)).select_from(joined)


def first_won(tables: FactTables, deal_time: DealTime) -> Subquery:
    """Return a select of each client's first won deal, over all time: `client_id` and the deal's time."""
    won = tables.rows(Fact.DEALS, {"client_id", "meaning", AT}, deal_time).subquery("won")
    is_won = (won.c.meaning == Meaning.WON, won.c.client_id.is_not(None))
    return (
        select(won.c.client_id, func.min(won.c[AT]).label(AT))
        .where(*is_won)
        .group_by(won.c.client_id)
        .subquery("first_won")
    )
