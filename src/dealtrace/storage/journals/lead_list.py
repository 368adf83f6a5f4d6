"""The lists of a site's leads and visits that users browse in the cabinet."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from dealtrace.leads.lead import LeadKind
from dealtrace.record import record
from dealtrace.storage.database.column_types import is_in
from dealtrace.storage.journals.keyset_pages import PageQuery
from dealtrace.storage.leads import call_outcomes
from dealtrace.storage.leads.contact_rows import lead_has_unusable_contact
from dealtrace.storage.leads.missed_calls import is_dealt_with, is_to_ring_back
from dealtrace.storage.schema.tables.leads import LEAD_STARTS, LEAD_TABLES
from dealtrace.storage.schema.tables.visits import visit


class CallOutcome(StrEnum):
    """The outcome of a call that has ended."""

    ANSWERED = "answered"
    MISSED = "missed"


@record
class LeadFilters:
    """The filters of a list of leads that began at or after `since` and before `until`; `None` means no limit.

    `ids` restricts the list to leads with these ids, unless it is `None`. `to_ring_back` selects only missed calls that
    still have to be returned; `is_dealt_with` selects only missed calls that a person returned or decided not to
    return. `outcome` selects only answered or only missed calls. `is_contact_unusable` selects only leads with a phone
    or e-mail that has no normal form. `is_deleted` selects only deleted leads; otherwise, deleted leads are left out.
    """

    kind: LeadKind
    since: datetime | None = None
    until: datetime | None = None
    ids: Collection[int] | None = None
    to_ring_back: bool = False
    is_dealt_with: bool = False
    outcome: CallOutcome | None = None
    is_contact_unusable: bool = False
    is_deleted: bool = False


def query_lead_list(site_id: int, filters: LeadFilters) -> PageQuery:
    """Return the paged query for a site's leads that pass the filters, ordered by their start."""
    table, at = LEAD_TABLES[filters.kind], LEAD_STARTS[filters.kind]
    is_deleted = table.c.deleted_at.is_not(None) if filters.is_deleted else table.c.deleted_at.is_(None)
    conditions = [table.c.site_id == site_id, is_deleted]
    if filters.ids is not None:
        conditions.append(is_in(table.c.id, sorted(filters.ids)))
    if filters.to_ring_back:
        conditions.append(is_to_ring_back())
    if filters.is_dealt_with:
        conditions.append(is_dealt_with())
    if filters.outcome is not None:
        is_answered = filters.outcome is CallOutcome.ANSWERED
        conditions.append(call_outcomes.is_answered() if is_answered else call_outcomes.is_missed())
    if filters.is_contact_unusable:
        conditions.append(lead_has_unusable_contact(filters.kind))
    return PageQuery(table, at, table.c.id, tuple(conditions), filters.since, filters.until)


def query_visit_list(
    site_id: int, since: datetime | None, until: datetime | None, ids: Collection[int] | None = None
) -> PageQuery:
    """Return the paged query for a site's visits that began at or after `since` and before `until`.

    `ids` restricts the list to visits with these ids, unless it is `None`.
    """
    conditions = [visit.c.site_id == site_id, *([is_in(visit.c.id, sorted(ids))] if ids is not None else [])]
    return PageQuery(visit, visit.c.started_at, visit.c.id, tuple(conditions), since, until)
