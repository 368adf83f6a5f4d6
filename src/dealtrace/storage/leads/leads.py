"""Insert calls and lead requests, and find them by id or by their references in other systems."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.leads.call import Call
from dealtrace.leads.lead import LeadKind, LeadRef, ids_by_kind
from dealtrace.leads.lead_request import LeadRequest, StoredLeadRequest
from dealtrace.storage.database.column_types import is_among
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.leads.calls import new_call_columns
from dealtrace.storage.leads.contact_rows import insert_spans
from dealtrace.storage.leads.lead_rows import NewLead, lead_request_from_row, new_lead_request_columns
from dealtrace.storage.schema.tables.leads import LEAD_REFERENCES, LEAD_TABLES, call, lead_request
from dealtrace.storage.schema.tables.visits import visit
from dealtrace.storage.visits.traffic_sources import find_sources

_INSERT_CALL = CompiledStatement(insert(call))
_INSERT_LEAD_REQUEST = CompiledStatement(insert(lead_request))
_FIND_IDS = {
    kind: CompiledStatement(
        select(table.c.id, table.c.deleted_at).where(
            table.c.site_id == bindparam("site_id"), is_among(table.c.id, "ids")
        )
    )
    for kind, table in LEAD_TABLES.items()
}
_FIND_REFERENCES = {
    kind: CompiledStatement(
        select(reference, LEAD_TABLES[kind].c.id, LEAD_TABLES[kind].c.deleted_at).where(
            LEAD_TABLES[kind].c.site_id == bindparam("site_id"), is_among(reference, "references")
        )
    )
    for kind, reference in LEAD_REFERENCES.items()
}
_FIND_SIP_IDS = CompiledStatement(
    select(call.c.sip_id, call.c.id).where(call.c.site_id == bindparam("site_id"), is_among(call.c.sip_id, "sip_ids"))
)
_FIND_BY_NUMBER = CompiledStatement(
    select(
        lead_request.c.number,
        lead_request.c.id,
        lead_request.c.requested_at,
        lead_request.c.form_name,
        lead_request.c.visit_id,
        lead_request.c.fingerprint,
    ).where(lead_request.c.site_id == bindparam("site_id"), is_among(lead_request.c.number, "numbers"))
)
_FIND_STATED = {
    kind: CompiledStatement(
        select(table.c.id, table.c.stated_source_id).where(
            table.c.site_id == bindparam("site_id"), is_among(table.c.id, "ids")
        )
    )
    for kind, table in LEAD_TABLES.items()
}
_FIND_VISITED_AT = {
    kind: CompiledStatement(
        select(table.c.id, visit.c.started_at)
        .join(visit, (visit.c.site_id == table.c.site_id) & (visit.c.id == table.c.visit_id))
        .where(table.c.site_id == bindparam("site_id"), is_among(table.c.id, "ids"))
    )
    for kind, table in LEAD_TABLES.items()
}


def insert_leads(connection: Connection, site_id: int, leads: Sequence[NewLead], now: datetime) -> None:
    """Store new calls and lead requests, and their contact rows."""
    calls = [new_call_columns(site_id, new, now) for new in leads if isinstance(new.lead, Call)]
    requested = [new_lead_request_columns(site_id, new, now) for new in leads if isinstance(new.lead, LeadRequest)]
    _INSERT_CALL.run_many(connection, calls)
    _INSERT_LEAD_REQUEST.run_many(connection, requested)
    insert_spans(connection, site_id, [span for new in leads for span in new.spans])


def find_known_ids(
    connection: Connection, site_id: int, kind: LeadKind, ids: Iterable[int], *, with_deleted: bool = False
) -> set[int]:
    """Find which of the given ids belong to leads of a kind.

    `with_deleted` includes deleted leads, whose ids stay in use.
    """
    keys = sorted(set(ids))
    if not keys:
        return set()
    rows = _FIND_IDS[kind].fetch(connection, {"site_id": site_id, "ids": keys})
    return {lead_id for lead_id, deleted_at in rows if with_deleted or deleted_at is None}


def find_ids_by_reference(
    connection: Connection, site_id: int, kind: LeadKind, references: Iterable[str], *, with_deleted: bool = False
) -> dict[str, int]:
    """Find the ids of leads by reference: a call's id in its PBX, or a lead request's number on the site.

    `with_deleted` includes deleted leads, whose references stay in use.
    """
    keys = sorted(set(references))
    if not keys:
        return {}
    rows = _FIND_REFERENCES[kind].fetch(connection, {"site_id": site_id, "references": keys})
    return {reference: lead_id for reference, lead_id, deleted_at in rows if with_deleted or deleted_at is None}


def find_ids_by_sip_id(connection: Connection, site_id: int, sip_ids: Iterable[str]) -> dict[str, int]:
    """Find the ids of calls by their SIP ids; unknown SIP ids are left out."""
    keys = sorted(set(sip_ids))
    if not keys:
        return {}
    rows = _FIND_SIP_IDS.fetch(connection, {"site_id": site_id, "sip_ids": keys})
    return {sip_id: call_id for sip_id, call_id in rows}  # noqa: C416 - mypy does not know that a row is a pair


def find_lead_requests_by_number(
    connection: Connection, site_id: int, numbers: Iterable[str]
) -> dict[str, StoredLeadRequest]:
    """Find the lead requests with the given numbers, by number; unknown numbers are left out."""
    keys = sorted(set(numbers))
    if not keys:
        return {}
    rows = _FIND_BY_NUMBER.fetch_named(connection, {"site_id": site_id, "numbers": keys})
    return {row.number: StoredLeadRequest(lead_request_from_row(row), row.fingerprint) for row in rows}


def find_record_url(connection: Connection, site_id: int, call_id: int) -> str | None:
    """Find the URL of a call's recording; return `None` if the call has no recording, is deleted or is unknown."""
    mine = (call.c.site_id == site_id, call.c.id == call_id, call.c.deleted_at.is_(None))
    found: str | None = connection.execute(select(call.c.record_url).where(*mine)).scalar()
    return found


def find_stated_sources(connection: Connection, site_id: int, leads: Iterable[LeadRef]) -> dict[LeadRef, TrafficSource]:
    """Find the sources stated for leads; leads without a stated source are left out."""
    ids: dict[LeadRef, int] = {}
    for kind, keys in ids_by_kind(leads).items():
        rows = _FIND_STATED[kind].fetch(connection, {"site_id": site_id, "ids": keys})
        ids |= {LeadRef(kind, lead_id): source_id for lead_id, source_id in rows if source_id is not None}
    sources = find_sources(connection, site_id, ids.values())
    return {ref: sources[source_id] for ref, source_id in ids.items()}


def find_visited_at(connection: Connection, site_id: int, leads: Sequence[LeadRef]) -> dict[LeadRef, datetime]:
    """Find when the visits of leads began; leads without a visit are left out."""
    found: dict[LeadRef, datetime] = {}
    for kind, ids in ids_by_kind(leads).items():
        rows = _FIND_VISITED_AT[kind].fetch(connection, {"site_id": site_id, "ids": ids})
        found |= {LeadRef(kind, lead_id): started_at for lead_id, started_at in rows}
    return found
