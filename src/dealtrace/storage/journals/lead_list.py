"""The lists of a site's leads and visits that users browse in the cabinet."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, tuple_

from dealtrace.leads.lead import LeadKind
from dealtrace.record import record
from dealtrace.storage.database.column_types import is_in
from dealtrace.storage.journals.keyset_pages import PageQuery
from dealtrace.storage.leads.contact_rows import lead_has_unusable_contact
from dealtrace.storage.schema.tables.leads import LEAD_STARTS, LEAD_TABLES, call
from dealtrace.storage.schema.tables.visits import visit


@record
class LeadFilters:
    """The filters of a list of leads, which began from `since` on and before `until`; `None` means no limit.

    `ids` restricts the list to leads with these ids, unless it is `None`. `to_ring_back` selects only missed calls that
    nobody has returned yet, `is_contact_unusable` only leads with a phone or e-mail without a normal form.
    """

    kind: LeadKind
    since: datetime | None = None
    until: datetime | None = None
    ids: Collection[int] | None = None
    to_ring_back: bool = False
    is_contact_unusable: bool = False
    is_deleted: bool = False


def query_lead_list(site_id: int, filters: LeadFilters) -> PageQuery:
    """Return the paged query for a site's leads that pass the filters, ordered by their start."""
    table, moment = LEAD_TABLES[filters.kind], LEAD_STARTS[filters.kind]
    is_deleted = table.c.deleted_at.is_not(None) if filters.is_deleted else table.c.deleted_at.is_(None)
    conditions = [table.c.site_id == site_id, is_deleted]
    if filters.ids is not None:
        conditions.append(is_in(table.c.id, sorted(filters.ids)))
    if filters.to_ring_back:
        conditions.append(is_to_ring_back())
    if filters.is_contact_unusable:
        conditions.append(lead_has_unusable_contact(filters.kind))
    return PageQuery(table, moment, table.c.id, tuple(conditions), filters.since, filters.until)


def is_to_ring_back() -> ColumnElement[bool]:
    """Return the SQL condition that a call was missed, and that its client has not called again since.

    The rules of a missed call are `is_answered` and `is_over` of `leads/call.py`. A call without a phone number cannot
    be returned. Ours: a later call of the same client replaces an earlier call. If the later call was answered, nobody
    needs to call back; if it was missed too, it is the call to return.
    """
    later = call.alias("later")
    missed = or_(
        call.c.is_successful.is_(False),
        and_(call.c.is_successful.is_(None), call.c.duration_seconds == 0, call.c.exchange.is_(None)),
    )
    is_followed = exists().where(
        later.c.site_id == call.c.site_id,
        later.c.client_id == call.c.client_id,
        tuple_(later.c.started_at, later.c.id) > tuple_(call.c.started_at, call.c.id),
        later.c.deleted_at.is_(None),
    )
    return and_(missed, call.c.phone != "", ~is_followed)


def query_visit_list(site_id: int, since: datetime, until: datetime) -> PageQuery:
    """Return the paged query for a site's visits that began from `since` on and before `until`."""
    return PageQuery(visit, visit.c.started_at, visit.c.id, (visit.c.site_id == site_id,), since, until)
