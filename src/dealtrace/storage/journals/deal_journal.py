"""The journal of a site's deals, ordered by when they happened, when they last changed, or when their visit began."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement

from dealtrace.leads.lead import LeadKind
from dealtrace.leads.reference_spelling import spellings
from dealtrace.record import record
from dealtrace.storage.deals.daily_counts import DaysOfDeals, JournalTime
from dealtrace.storage.journals.keyset_pages import PageQuery
from dealtrace.storage.schema.tables.deals import deal


@record
class JournalQuery:
    """A query for deals whose `time` is at or after `since` and before `until`; `None` means no limit."""

    time: JournalTime = JournalTime.HAPPENED
    since: datetime | None = None
    until: datetime | None = None
    deal_id: int | None = None
    number: str | None = None
    lead_kind: LeadKind | None = None


def query_deals(site_id: int, query: JournalQuery) -> PageQuery:
    """Return the paged query for the non-deleted deals that `query` describes."""
    conditions = (deal.c.site_id == site_id, deal.c.deleted_at.is_(None), *_conditions(query))
    is_by_days = query.deal_id is None and query.number is None
    days = DaysOfDeals(site_id, query.time, query.lead_kind) if is_by_days else None
    return PageQuery(deal, deal.c[query.time], deal.c.id, conditions, query.since, query.until, days)


def _conditions(query: JournalQuery) -> Iterator[ColumnElement[bool]]:
    if query.deal_id is not None:
        yield deal.c.id == query.deal_id
    if query.number is not None:
        yield deal.c.number.in_(spellings(query.number))
    if query.lead_kind is not None:
        yield deal.c.lead_kind == query.lead_kind
