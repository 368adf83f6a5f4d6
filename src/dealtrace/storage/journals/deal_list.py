"""The list of a site's deals that people browse and filter."""

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, FromClause, and_, case, func

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import part_key
from dealtrace.matching.match_reason import MatchReason
from dealtrace.record import record
from dealtrace.storage.database.column_types import is_in
from dealtrace.storage.deals.daily_counts import DaysOfDeals, JournalTime
from dealtrace.storage.deals.deals import has_unusable_contact
from dealtrace.storage.deals.lead_links import is_its_lead
from dealtrace.storage.deals.match_reasons import has_reason, needs_lead
from dealtrace.storage.journals.keyset_pages import PageQuery
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.leads import LEAD_TABLES, call, lead_credit, lead_request
from dealtrace.storage.schema.tables.visits import traffic_source, visit
from dealtrace.storage.visits.credits import CREDITED, credit_key_of_deal, heaviest_of, is_deal_matched


@record
class DealFilters:
    """The filters of a list of deals.

    The deals happened at or after `since` and before `until`; empty and `None` filters are ignored. `ids` restricts the
    list to deals with these ids. A true `is_matched` requires a lead, a visit or a stated source. `source` is compared,
    ignoring case, with the source of the visit that the site's attribution model credits or, if none is credited, with
    the stated source. A true `is_unsourced` requires that neither is known. A true `is_contact_unusable` requires a
    phone or e-mail without a normal form. A true `is_deleted` selects only deleted deals; otherwise deleted deals are
    left out.
    """

    since: datetime | None = None
    until: datetime | None = None
    ids: Collection[int] | None = None
    status: str = ""
    manager: str = ""
    service: str = ""
    is_matched: bool | None = None
    reason: MatchReason | None = None
    source: str = ""
    is_unsourced: bool = False
    is_contact_unusable: bool = False
    is_deleted: bool = False


def query_deal_list(site: Site, filters: DealFilters) -> PageQuery:
    """Return the paged query for a site's deals that pass the filters, ordered by when they happened."""
    is_deleted = deal.c.deleted_at.is_not(None) if filters.is_deleted else deal.c.deleted_at.is_(None)
    chosen = tuple(_conditions(site, filters))
    days = DaysOfDeals(site.id, JournalTime.HAPPENED, None) if not chosen and not filters.is_deleted else None
    conditions = (deal.c.site_id == site.id, is_deleted, *chosen)
    return PageQuery(
        _rows(site, filters), deal.c.happened_at, deal.c.id, conditions, filters.since, filters.until, days
    )


def _conditions(site: Site, filters: DealFilters) -> Iterator[ColumnElement[bool]]:
    if filters.ids is not None:
        yield is_in(deal.c.id, sorted(filters.ids))
    for name in ("status", "manager", "service"):
        if text := getattr(filters, name):
            yield deal.c[name] == text
    if filters.is_matched is not None:
        yield is_deal_matched() if filters.is_matched else ~is_deal_matched()
    if filters.reason is not None:
        yield has_reason(filters.reason, contact_matching=site.contact_matching)
    if filters.is_contact_unusable:
        yield has_unusable_contact()
    if filters.source:
        yield traffic_source.c.source_key == part_key(filters.source)
    if filters.is_unsourced:
        yield traffic_source.c.id.is_(None)


def _rows(site: Site, filters: DealFilters) -> FromClause:
    rows: FromClause = deal
    has_source = bool(filters.source) or filters.is_unsourced
    if has_source or (filters.reason is not None and needs_lead(filters.reason)):
        for kind, table in LEAD_TABLES.items():
            rows = rows.outerjoin(table, is_its_lead(table, kind))
    return _with_source(rows, AttributionModel(site.attribution)) if has_source else rows


def _with_source(rows: FromClause, model: AttributionModel) -> FromClause:
    """Return `rows` joined with each deal's source: that of the credited visit, otherwise the stated source."""
    stated = func.coalesce(call.c.stated_source_id, lead_request.c.stated_source_id, _stated_of_deal())
    source_id = func.coalesce(visit.c.traffic_source_id, stated)
    is_its_source = and_(traffic_source.c.site_id == deal.c.site_id, traffic_source.c.id == source_id)
    return (
        rows.outerjoin(lead_credit, heaviest_of(deal.c.site_id, credit_key_of_deal(), model))
        .outerjoin(visit, CREDITED)
        .outerjoin(traffic_source, is_its_source)
    )


def _stated_of_deal() -> ColumnElement[int | None]:
    """Return the SQL expression for a deal's stated source, null if the deal has a lead, as in `origin_of_deal`."""
    return case((deal.c.lead_id.is_(None), deal.c.stated_source_id))
