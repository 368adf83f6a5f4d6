"""Which leads deals belong to, and which deals a lead may concern."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import JSON, Connection, Text, and_, bindparam, column, select, update

from dealtrace.deals.deal import Deal
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.storage.database.column_types import MICROSECOND, each_json, is_among, json_integer, microseconds
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.deals.daily_counts import recounted
from dealtrace.storage.deals.deals import DEAL_ROWS, deal_records, lead_columns
from dealtrace.storage.schema.tables.deals import deal

_BINDING = ("lead_kind", "lead_id", "visited_at", "pinned_at", "touched_at", "version")
_BIND_DEAL = CompiledStatement(
    update(deal)
    .where(deal.c.site_id == bindparam("of_site"), deal.c.id == bindparam("of_deal"))
    .values({name: bindparam(name, type_=deal.c[name].type) for name in _BINDING})
)

_SPANS = each_json(bindparam("spans", type_=Text)).table_valued(column("value", JSON))
_LINK_THRESHOLD = deal.c.clue_link_threshold_seconds * (timedelta(seconds=1) // MICROSECOND)
_FIND_CONCERNED = {
    contact.name: CompiledStatement(
        # An outer join, so that SQLite begins with the spans and finds the deals of each by their contact.
        select(deal.c.id).select_from(
            _SPANS.outerjoin(
                deal,
                and_(
                    deal.c.site_id == bindparam("site_id"),
                    contact == _SPANS.c.value[0].as_string(),
                    deal.c.happened_at >= json_integer(_SPANS.c.value[1]),
                    deal.c.happened_at <= json_integer(_SPANS.c.value[2]) + _LINK_THRESHOLD,
                ),
            )
        )
    )
    for contact in (deal.c.clue_phone, deal.c.clue_email)
}
_FIND_NAMING = {
    said.name: CompiledStatement(
        select(deal.c.id).where(deal.c.site_id == bindparam("site_id"), is_among(said, "named"))
    )
    for said in (
        deal.c.clue_call_id, deal.c.clue_call_reference,
        deal.c.clue_lead_request_id, deal.c.clue_lead_request_number,
    )
}  # fmt: skip
_SAID_OF = {
    LeadKind.CALL: ("clue_call_id", "clue_call_reference"),
    LeadKind.LEAD_REQUEST: ("clue_lead_request_id", "clue_lead_request_number"),
}


def list_ids_concerned(connection: Connection, site_id: int, spans: Sequence[LeadSpan]) -> set[int]:
    """Find the deals that may have grown out of these leads by contact, deleted ones included."""
    if not spans:
        return set()
    asked = [(span.contact, microseconds(span.started_at), microseconds(span.ended_at)) for span in spans]
    parameters = {"site_id": site_id, "spans": msgspec.json.encode(asked).decode()}
    return {
        row[0] for find in _FIND_CONCERNED.values() for row in find.fetch(connection, parameters) if row[0] is not None
    }


def list_ids_naming(
    connection: Connection, site_id: int, kind: LeadKind, ids: Sequence[int], references: Sequence[str]
) -> set[int]:
    """Find the deals that were registered with one of these ids or references of leads, deleted ones included."""
    by_id, by_reference = _SAID_OF[kind]
    found: set[int] = set()
    for said, named in ((by_id, ids), (by_reference, references)):
        if named:
            rows = _FIND_NAMING[said].fetch(connection, {"site_id": site_id, "named": list(named)})
            found.update(deal_id for (deal_id,) in rows)
    return found


def list_ids_bound(connection: Connection, site_id: int, lead: LeadRef) -> set[int]:
    """Find the deals that belong to a lead, deleted ones included."""
    bound = (deal.c.site_id == site_id, deal.c.lead_id == lead.id, deal.c.lead_kind == lead.kind)
    return set(connection.execute(select(deal.c.id).where(*bound)).scalars())


def list_deals_of_leads(
    connection: Connection, site_id: int, kind: LeadKind, lead_ids: Sequence[int]
) -> dict[int, list[Deal]]:
    """Tell the undeleted deals of each of these leads, in the order they happened; leads without any are missing."""
    theirs = DEAL_ROWS.where(
        deal.c.site_id == site_id, is_among(deal.c.lead_id, "lead_ids"), deal.c.lead_kind == kind,
        deal.c.deleted_at.is_(None),
    )  # fmt: skip
    in_order = theirs.order_by(deal.c.happened_at, deal.c.id).params(lead_ids=list(lead_ids))
    of_lead: dict[int, list[Deal]] = {}
    for one in deal_records(connection, site_id, in_order):
        assert one.lead is not None
        of_lead.setdefault(one.lead.id, []).append(one)
    return of_lead


def bind_deals(
    connection: Connection, site_id: int, deals: Sequence[Deal], visited_at: Mapping[LeadRef, datetime]
) -> None:
    """Write to which leads deals belong now; `visited_at` tells when the visits of those leads began."""
    rows = [
        {
            "of_site": site_id,
            "of_deal": one.id,
            **lead_columns(one, visited_at.get(one.lead) if one.lead is not None else None),
            "touched_at": one.touched_at,
            "version": one.version,
        }
        for one in deals
    ]
    with recounted(connection, site_id, [one.id for one in deals]):
        _BIND_DEAL.run_many(connection, rows)
