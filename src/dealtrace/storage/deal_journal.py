"""Pages of a site's deals, by when they happened, were last touched, or when their lead's visit began."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, func, select

from dealtrace.deals.deal import Deal
from dealtrace.leads.lead import LeadKind
from dealtrace.storage.deals import DEAL_ROWS, deal_records
from dealtrace.storage.tables.deals import deal


class JournalMoment(StrEnum):
    """Which moment of a deal an interval is about; each has an index of its own."""

    HAPPENED = "happened_at"
    TOUCHED = "touched_at"
    VISITED = "visited_at"


@dataclass(frozen=True, slots=True)
class JournalQuery:
    """Which deals to list; `since` belongs to the interval, `until` does not; `None` leaves a side open."""

    moment: JournalMoment = JournalMoment.HAPPENED
    since: datetime | None = None
    until: datetime | None = None
    deal_id: int | None = None
    number: str | None = None
    lead_kind: LeadKind | None = None


@dataclass(frozen=True, slots=True)
class DealPage:
    """One page of deals, and how many there are on all of them."""

    deals: list[Deal]
    total: int


def list_deal_page(connection: Connection, site_id: int, query: JournalQuery, *, page: int, limit: int) -> DealPage:
    """List page `page` (from 1) of at most `limit` undeleted deals, in the order of the moment, then the id.

    The page is found by the moment's index, and its rows alone are read whole; counting visits all that are wanted.
    """
    wanted = and_(deal.c.site_id == site_id, deal.c.deleted_at.is_(None), *_conditions(query))
    moment = deal.c[query.moment]
    total = connection.execute(select(func.count()).select_from(deal).where(wanted)).scalar_one()
    on_page = (
        select(deal.c.id)
        .where(wanted)
        .order_by(moment, deal.c.id)
        .limit(limit)
        .offset((page - 1) * limit)
        .scalar_subquery()
    )
    rows = DEAL_ROWS.where(deal.c.site_id == site_id, deal.c.id.in_(on_page)).order_by(moment, deal.c.id)
    return DealPage(deal_records(connection, site_id, rows), total)


def _conditions(query: JournalQuery) -> Iterator[ColumnElement[bool]]:
    moment = deal.c[query.moment]
    if query.since is not None:
        yield moment >= query.since
    if query.until is not None:
        yield moment < query.until
    if query.deal_id is not None:
        yield deal.c.id == query.deal_id
    if query.number is not None:
        yield deal.c.number == query.number
    if query.lead_kind is not None:
        yield deal.c.lead_kind == query.lead_kind
