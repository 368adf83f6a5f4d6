"""Calls and lead requests, and the contacts by which matching finds them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import JSON, Connection, Table, Text, and_, bindparam, column, insert, select

from dealtrace.attribution.credit import AttributionModel
from dealtrace.leads.call import Call
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.leads.lead_request import LeadRequest
from dealtrace.leads.lead_story import LeadStory
from dealtrace.storage.clients import list_clients
from dealtrace.storage.column_types import each_json, is_among, json_integer, microseconds
from dealtrace.storage.credits import list_credited_visits
from dealtrace.storage.hot_statement import HotStatement
from dealtrace.storage.tables import call, lead_contact, lead_request, visit

_ASKED = each_json(bindparam("asked", type_=Text)).table_valued(column("value", JSON))


_IN_WINDOW = and_(
    lead_contact.c.site_id == bindparam("site_id"),
    lead_contact.c.contact == _ASKED.c.value[0].as_string(),
    lead_contact.c.started_at <= json_integer(_ASKED.c.value[1]),
    lead_contact.c.ended_at >= json_integer(_ASKED.c.value[2]),
)
_LIST_SPANS = HotStatement(
    # An outer join, because SQLite would otherwise begin with the leads: it must begin with what is asked.
    select(
        lead_contact.c.contact,
        lead_contact.c.lead_kind,
        lead_contact.c.lead_id,
        lead_contact.c.started_at,
        lead_contact.c.ended_at,
        lead_contact.c.reference,
    ).select_from(_ASKED.outerjoin(lead_contact, _IN_WINDOW))
)


_TABLES: dict[LeadKind, Table] = {LeadKind.CALL: call, LeadKind.LEAD_REQUEST: lead_request}
_REFERENCES = {LeadKind.CALL: call.c.reference, LeadKind.LEAD_REQUEST: lead_request.c.number}
_FIND_IDS = {
    kind: HotStatement(select(table.c.id).where(table.c.site_id == bindparam("site_id"), is_among(table.c.id, "ids")))
    for kind, table in _TABLES.items()
}
_FIND_REFERENCES = {
    kind: HotStatement(
        select(named, _TABLES[kind].c.id).where(
            _TABLES[kind].c.site_id == bindparam("site_id"), is_among(named, "references")
        )
    )
    for kind, named in _REFERENCES.items()
}
_FIND_VISITED_AT = {
    kind: HotStatement(
        select(table.c.id, visit.c.started_at)
        .join(visit, (visit.c.site_id == table.c.site_id) & (visit.c.id == table.c.visit_id))
        .where(table.c.site_id == bindparam("site_id"), is_among(table.c.id, "ids"))
    )
    for kind, table in _TABLES.items()
}


@dataclass(frozen=True, slots=True)
class SpanQuery:
    """Leads of `contact` that began no later than `until` and ended no earlier than `ended_since`."""

    contact: str
    until: datetime
    ended_since: datetime


def list_spans(connection: Connection, site_id: int, queries: Sequence[SpanQuery]) -> list[LeadSpan]:
    """List every lead that one of `queries` asks for, once; in no order."""
    if not queries:
        return []
    asked = [(query.contact, microseconds(query.until), microseconds(query.ended_since)) for query in queries]
    rows = _LIST_SPANS.fetch(connection, {"site_id": site_id, "asked": msgspec.json.encode(asked).decode()})
    spans = {(row[0], row[2]): row for row in rows if row[0] is not None}
    return [
        LeadSpan(LeadRef(LeadKind(kind), lead_id), contact, started_at, ended_at, reference)
        for contact, kind, lead_id, started_at, ended_at, reference in spans.values()
    ]


def list_known_ids(connection: Connection, site_id: int, kind: LeadKind, ids: Iterable[int]) -> set[int]:
    """Tell which of these ids are leads of the site, of this kind."""
    wanted = sorted(set(ids))
    if not wanted:
        return set()
    return {lead_id for (lead_id,) in _FIND_IDS[kind].fetch(connection, {"site_id": site_id, "ids": wanted})}


def list_ids_by_reference(
    connection: Connection, site_id: int, kind: LeadKind, references: Iterable[str]
) -> dict[str, int]:
    """Find leads by their foreign reference: a call's id in its exchange, a lead request's number on the site."""
    wanted = sorted(set(references))
    if not wanted:
        return {}
    rows = _FIND_REFERENCES[kind].fetch(connection, {"site_id": site_id, "references": wanted})
    return {reference: lead_id for reference, lead_id in rows}  # noqa: C416 - rows of two, to a type checker of any


@dataclass(frozen=True, slots=True)
class NewLead:
    """A lead to insert, with what only its rows need: the client, and the contacts as they are compared."""

    lead: Call | LeadRequest
    client_id: int
    phone: str | None
    email: str | None
    spans: tuple[LeadSpan, ...]


def insert_leads(connection: Connection, site_id: int, leads: Sequence[NewLead], now: datetime) -> None:
    """Keep new calls and lead requests, and what matching finds them by."""
    _insert(connection, call, [_call_row(site_id, new, now) for new in leads if isinstance(new.lead, Call)])
    lead_requests = [_request_row(site_id, new, now) for new in leads if isinstance(new.lead, LeadRequest)]
    _insert(connection, lead_request, lead_requests)
    _insert(connection, lead_contact, [_span_row(site_id, span) for new in leads for span in new.spans])


def list_visited_at(connection: Connection, site_id: int, refs: Sequence[LeadRef]) -> dict[LeadRef, datetime]:
    """Tell when the visits began in which these leads came about; leads without a visit are missing."""
    found: dict[LeadRef, datetime] = {}
    for kind, find in _FIND_VISITED_AT.items():
        wanted = sorted({ref.id for ref in refs if ref.kind is kind})
        if wanted:
            rows = find.fetch(connection, {"site_id": site_id, "ids": wanted})
            found |= {LeadRef(kind, lead_id): started_at for lead_id, started_at in rows}
    return found


def list_lead_stories(
    connection: Connection, site_id: int, refs: Iterable[LeadRef], model: AttributionModel
) -> dict[LeadRef, LeadStory]:
    """Tell the story of each of these leads, its credited visit chosen by `model`."""
    wanted = set(refs)
    if not wanted:
        return {}
    calls = _rows_by_id(connection, call, site_id, {ref.id for ref in wanted if ref.kind is LeadKind.CALL})
    lead_requests = _rows_by_id(
        connection, lead_request, site_id, {ref.id for ref in wanted if ref.kind is LeadKind.LEAD_REQUEST}
    )
    clients = list_clients(connection, site_id, [row.client_id for row in [*calls.values(), *lead_requests.values()]])
    visits = list_credited_visits(connection, site_id, [*calls, *lead_requests], model)
    stories = [
        LeadStory(
            LeadRef(LeadKind.CALL, row.id), clients[row.client_id], visits.get(row.id),
            duration=timedelta(seconds=row.duration_seconds),
        )
        for row in calls.values()
    ] + [
        LeadStory(
            LeadRef(LeadKind.LEAD_REQUEST, row.id), clients[row.client_id], visits.get(row.id), form_name=row.form_name
        )
        for row in lead_requests.values()
    ]  # fmt: skip
    return {story.ref: story for story in stories}


def _rows_by_id(connection: Connection, table: Table, site_id: int, ids: set[int]) -> dict[int, Any]:
    if not ids:
        return {}
    rows = connection.execute(select(table).where(table.c.site_id == site_id, table.c.id.in_(sorted(ids))))
    return {row.id: row for row in rows}


def _insert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _call_row(site_id: int, new: NewLead, now: datetime) -> dict[str, Any]:
    assert isinstance(new.lead, Call)
    return {
        "site_id": site_id,
        "id": new.lead.id,
        "reference": new.lead.reference,
        "started_at": new.lead.started_at,
        "duration_seconds": new.lead.duration // timedelta(seconds=1),
        "phone": new.phone,
        "client_id": new.client_id,
        "visit_id": new.lead.visit_id,
        "recorded_at": now,
    }


def _request_row(site_id: int, new: NewLead, now: datetime) -> dict[str, Any]:
    assert isinstance(new.lead, LeadRequest)
    return {
        "site_id": site_id,
        "id": new.lead.id,
        "number": new.lead.number,
        "requested_at": new.lead.requested_at,
        "phone": new.phone,
        "email": new.email,
        "form_name": new.lead.form_name,
        "client_id": new.client_id,
        "visit_id": new.lead.visit_id,
        "recorded_at": now,
    }


def _span_row(site_id: int, span: LeadSpan) -> dict[str, Any]:
    return {
        "site_id": site_id,
        "contact": span.contact,
        "started_at": span.started_at,
        "lead_id": span.ref.id,
        "lead_kind": span.ref.kind,
        "ended_at": span.ended_at,
        "reference": span.reference,
    }
