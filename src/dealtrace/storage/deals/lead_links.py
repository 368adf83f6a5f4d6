"""Store the leads matched to deals, and find the deals that a lead may match."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import JSON, ColumnElement, Connection, Table, Text, and_, bindparam, column, func, or_, select, update

from dealtrace.deals.deal import Deal, DealId
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan, ids_by_kind
from dealtrace.storage.database.column_types import MICROSECOND, each_json, is_among, is_in, json_integer, microseconds
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.deals.daily_counts import recounting
from dealtrace.storage.deals.deal_rows import DEAL_ROWS, lead_columns
from dealtrace.storage.deals.deals import list_deals_of_query
from dealtrace.storage.schema.tables.deals import deal, deal_contact, deal_key

_BINDING = ("lead_kind", "lead_id", "visit_id", "visited_at", "pinned_at", "touched_at", "version")
_BIND_DEAL = CompiledStatement(
    update(deal)
    .where(deal.c.site_id == bindparam("of_site"), deal.c.id == bindparam("of_deal"))
    .values({name: bindparam(name, type_=deal.c[name].type) for name in _BINDING})
)
_DATE_DEALS_OF_LEAD = CompiledStatement(
    update(deal)
    .where(
        deal.c.site_id == bindparam("of_site"),
        deal.c.lead_kind == bindparam("of_kind"),
        deal.c.lead_id == bindparam("of_lead"),
    )
    .values(visited_at=bindparam("new_visited_at", type_=deal.c.visited_at.type))
)

_SPANS = each_json(bindparam("spans", type_=Text)).table_valued(column("value", JSON))
_SPAN_CONTACT, _SPAN_KIND = _SPANS.c.value[0].as_string(), _SPANS.c.value[3].as_string()
_LINK_THRESHOLD = deal.c.clue_link_threshold_seconds * (timedelta(seconds=1) // MICROSECOND)
_MAY_BE_BOUND = and_(
    deal.c.site_id == bindparam("site_id"),
    deal.c.happened_at >= json_integer(_SPANS.c.value[1]),
    deal.c.happened_at <= json_integer(_SPANS.c.value[2]) + _LINK_THRESHOLD,
    or_(deal.c.clue_only_kind.is_(None), deal.c.clue_only_kind == _SPAN_KIND),
)
_IS_FURTHER = and_(deal_contact.c.site_id == bindparam("site_id"), deal_contact.c.contact == _SPAN_CONTACT)
_HAS_IT = and_(deal.c.site_id == deal_contact.c.site_id, deal.c.id == deal_contact.c.deal_id)
_DEALS_OF_SPANS = {
    "clue_phone": _SPANS.outerjoin(deal, and_(deal.c.clue_phone == _SPAN_CONTACT, _MAY_BE_BOUND)),
    "clue_email": _SPANS.outerjoin(deal, and_(deal.c.clue_email == _SPAN_CONTACT, _MAY_BE_BOUND)),
    "clue_further": _SPANS.outerjoin(deal_contact, _IS_FURTHER).outerjoin(deal, and_(_HAS_IT, _MAY_BE_BOUND)),
}
"""Joins of each contact of a lead with the deals that have this contact as phone, as e-mail or as further contact.

Outer joins make SQLite begin with the contacts of the leads.
"""
_FIND_CONCERNED = {
    name: CompiledStatement(select(deal.c.id).select_from(deals_of_spans))
    for name, deals_of_spans in _DEALS_OF_SPANS.items()
}
_IN_REACH = and_(
    deal_key.c.site_id == bindparam("site_id"),
    deal_key.c.key == _SPAN_CONTACT,
    deal_key.c.opens_at <= json_integer(_SPANS.c.value[1]),
    deal_key.c.closes_at >= json_integer(_SPANS.c.value[1]),
)
_FIND_BY_KEY = CompiledStatement(select(deal_key.c.deal_id).select_from(_SPANS.outerjoin(deal_key, _IN_REACH)))
_FIND_NAMING = {
    clue.name: CompiledStatement(
        select(deal.c.id).where(deal.c.site_id == bindparam("site_id"), is_among(clue, "keys"))
    )
    for clue in (
        deal.c.clue_call_id, deal.c.clue_call_reference,
        deal.c.clue_lead_request_id, deal.c.clue_lead_request_number,
    )
}  # fmt: skip
_CLUES = {
    LeadKind.CALL: ("clue_call_id", "clue_call_reference"),
    LeadKind.LEAD_REQUEST: ("clue_lead_request_id", "clue_lead_request_number"),
}


def is_its_lead(table: Table, kind: LeadKind) -> ColumnElement[bool]:
    """Return the SQL condition that a row of the table of calls or lead requests is the lead of a deal."""
    return and_(table.c.site_id == deal.c.site_id, table.c.id == deal.c.lead_id, deal.c.lead_kind == kind)


def find_ids_by_contact(connection: Connection, site_id: int, spans: Sequence[LeadSpan]) -> set[int]:
    """Find the ids of deals that may match the leads in `spans` by contact, including deleted deals.

    Deals that accept only calls do not match lead requests, and deals that accept only lead requests do not match
    calls.
    """
    if not spans:
        return set()
    keys = [(span.contact, microseconds(span.started_at), microseconds(span.ended_at), span.ref.kind) for span in spans]
    parameters = {"site_id": site_id, "spans": msgspec.json.encode(keys).decode()}
    return {
        row[0] for find in _FIND_CONCERNED.values() for row in find.fetch(connection, parameters) if row[0] is not None
    }


def find_ids_by_key(connection: Connection, site_id: int, keys: Collection[tuple[str, datetime]]) -> set[int]:
    """Find the ids of deals, deleted or not, whose matchers (conditions that find a lead) may fit one of `keys`.

    Each item of `keys` is a key, such as a phone, and the time when the lead with this key began.
    """
    if not keys:
        return set()
    spans = [(key, microseconds(started_at)) for key, started_at in keys]
    rows = _FIND_BY_KEY.fetch(connection, {"site_id": site_id, "spans": msgspec.json.encode(spans).decode()})
    return {row[0] for row in rows if row[0] is not None}


def find_ids_by_clue(
    connection: Connection, site_id: int, kind: LeadKind, ids: Sequence[int], references: Sequence[str]
) -> set[int]:
    """Find the ids of deals, deleted or not, that the CRM registered with one of the given lead ids or references."""
    by_id, by_reference = _CLUES[kind]
    found: set[int] = set()
    for clue, keys in ((by_id, ids), (by_reference, references)):
        if keys:
            rows = _FIND_NAMING[clue].fetch(connection, {"site_id": site_id, "keys": list(keys)})
            found.update(deal_id for (deal_id,) in rows)
    return found


def find_ids_by_lead(connection: Connection, site_id: int, kind: LeadKind, lead_ids: Sequence[int]) -> set[int]:
    """Find the ids of deals that are matched to leads of a kind, including deleted deals."""
    bound = (deal.c.site_id == site_id, is_in(deal.c.lead_id, lead_ids), deal.c.lead_kind == kind)
    return set(connection.execute(select(deal.c.id).where(*bound)).scalars())


def count_deals_of_leads(
    connection: Connection, site_id: int, kind: LeadKind, lead_ids: Sequence[int]
) -> dict[int, int]:
    """Count the deals of leads of a kind, including deleted deals, by lead id; leads without deals are left out."""
    bound = (deal.c.site_id == site_id, is_in(deal.c.lead_id, lead_ids), deal.c.lead_kind == kind)
    counted = select(deal.c.lead_id, func.count().label("deals")).where(*bound).group_by(deal.c.lead_id)
    return {row.lead_id: row.deals for row in connection.execute(counted)}


def find_deals_of_leads(
    connection: Connection, site_id: int, kind: LeadKind, lead_ids: Sequence[int]
) -> dict[int, list[Deal]]:
    """Find the non-deleted deals of leads by lead id, earliest first; leads without deals are left out.

    The deals are sorted in Python: for a sorted query, SQLite would scan all deals of the site.
    """
    theirs = DEAL_ROWS.where(
        deal.c.site_id == site_id, is_among(deal.c.lead_id, "lead_ids"), deal.c.lead_kind == kind,
        deal.c.deleted_at.is_(None),
    )  # fmt: skip
    of_lead: dict[int, list[Deal]] = {}
    found_deals = list_deals_of_query(connection, site_id, theirs.params(lead_ids=list(lead_ids)))
    for found in sorted(found_deals, key=lambda found: (found.happened_at, found.id)):
        assert found.lead is not None
        of_lead.setdefault(found.lead.id, []).append(found)
    return of_lead


def update_matches(
    connection: Connection, site_id: int, deals: Sequence[Deal], visited_at: Mapping[DealId, datetime]
) -> None:
    """Store the lead or visit that each deal was matched to.

    `visited_at` maps deal ids to the start of the visit of the deal or of its lead.
    """
    rows = [
        {
            "of_site": site_id,
            "of_deal": rebound.id,
            **lead_columns(rebound, visited_at.get(rebound.id)),
            "visit_id": rebound.visit_id,
            "touched_at": rebound.touched_at,
            "version": rebound.version,
        }
        for rebound in deals
    ]
    with recounting(connection, site_id, [rebound.id for rebound in deals]):
        _BIND_DEAL.run_many(connection, rows)


def update_visited_at(connection: Connection, site_id: int, visited_at: Mapping[LeadRef, datetime]) -> None:
    """Store when the visits of leads began, in all deals of these leads, including deleted deals."""
    theirs = [find_ids_by_lead(connection, site_id, kind, ids) for kind, ids in ids_by_kind(visited_at).items()]
    with recounting(connection, site_id, sorted(set[int]().union(*theirs))):
        _DATE_DEALS_OF_LEAD.run_many(
            connection,
            [
                {"of_site": site_id, "of_kind": lead.kind, "of_lead": lead.id, "new_visited_at": started_at}
                for lead, started_at in sorted(visited_at.items(), key=lambda item: item[0].id)
            ],
        )
