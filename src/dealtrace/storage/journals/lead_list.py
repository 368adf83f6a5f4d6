"""The lists of a site's leads and visits that users browse in the cabinet."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, literal_column, tuple_

from dealtrace.leads.lead import LeadKind
from dealtrace.record import record
from dealtrace.storage.database.column_types import is_in
from dealtrace.storage.journals.keyset_pages import PageQuery
from dealtrace.storage.leads.call_outcomes import is_missed
from dealtrace.storage.leads.contact_rows import lead_has_unusable_contact
from dealtrace.storage.schema.tables.leads import LEAD_STARTS, LEAD_TABLES, call
from dealtrace.storage.schema.tables.visits import visit

_EMPTY: ColumnElement[str] = literal_column("''")
"""A constant in the text of the statement: with a parameter, no database would use the index `ix_call_missed`."""


def is_to_ring_back() -> ColumnElement[bool]:
    """Return the SQL condition for a missed call whose client has not called again and that nobody has dealt with.

    Calls without a phone number do not count, since nobody can call back. Ours: a later call of the same client
    replaces an earlier call. If the later call was answered, nobody needs to call back; if it was missed too, only the
    later call counts.
    """
    later = call.alias("later")
    is_followed = exists().where(
        later.c.site_id == call.c.site_id,
        later.c.client_id == call.c.client_id,
        tuple_(later.c.started_at, later.c.id) > tuple_(call.c.started_at, call.c.id),
        later.c.deleted_at.is_(None),
    )
    return and_(*_is_missed_with_phone(), call.c.ring_back.is_(None), ~is_followed)


def is_dealt_with() -> ColumnElement[bool]:
    """Return the SQL condition that a person returned a missed call, or decided that it need not be returned."""
    return and_(*_is_missed_with_phone(), call.c.ring_back.is_not(None))


def _is_missed_with_phone() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the two SQL conditions that a call was missed and that it has a phone number."""
    return is_missed(), call.c.phone != _EMPTY


@record
class LeadFilters:
    """The filters of a list of leads that began at or after `since` and before `until`; `None` means no limit.

    `ids` restricts the list to leads with these ids, unless it is `None`. `to_ring_back` selects only missed calls that
    still have to be returned, `is_dealt_with` only missed calls that a person returned or decided not to return.
    `is_contact_unusable` selects only leads with a phone or e-mail that has no normal form.
    """

    kind: LeadKind
    since: datetime | None = None
    until: datetime | None = None
    ids: Collection[int] | None = None
    to_ring_back: bool = False
    is_dealt_with: bool = False
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
