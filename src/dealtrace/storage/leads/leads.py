"""Calls and lead requests, and the contacts by which matching finds them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import JSON, Connection, Table, Text, and_, bindparam, column, insert, select

from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import VisitId
from dealtrace.leads.annotations import NO_ANNOTATIONS, Annotations
from dealtrace.leads.call import UNTOLD, Call, Circumstances
from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.leads.lead_request import LeadRequest, LeadRequestId, TakenIn
from dealtrace.leads.lead_story import LeadStory
from dealtrace.record import record
from dealtrace.storage.database.column_types import each_json, is_among, json_integer, microseconds
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.leads.clients import list_clients
from dealtrace.storage.schema.tables.leads import call, lead_contact, lead_request
from dealtrace.storage.schema.tables.visits import visit
from dealtrace.storage.visits.credits import list_credited_visits
from dealtrace.storage.visits.traffic_sources import list_sources

_INSERT_CALL = CompiledStatement(insert(call))
_INSERT_LEAD_REQUEST = CompiledStatement(insert(lead_request))
_INSERT_CONTACT_ROW = CompiledStatement(insert(lead_contact))

_ASKED = each_json(bindparam("asked", type_=Text)).table_valued(column("value", JSON))


_IN_WINDOW = and_(
    lead_contact.c.site_id == bindparam("site_id"),
    lead_contact.c.contact == _ASKED.c.value[0].as_string(),
    lead_contact.c.started_at <= json_integer(_ASKED.c.value[1]),
    lead_contact.c.ended_at >= json_integer(_ASKED.c.value[2]),
)
_LIST_SPANS = CompiledStatement(
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
    kind: CompiledStatement(
        select(table.c.id).where(
            table.c.site_id == bindparam("site_id"), is_among(table.c.id, "ids"), table.c.deleted_at.is_(None)
        )
    )
    for kind, table in _TABLES.items()
}
_FIND_REFERENCES = {
    kind: CompiledStatement(
        select(named, _TABLES[kind].c.id, _TABLES[kind].c.deleted_at).where(
            _TABLES[kind].c.site_id == bindparam("site_id"), is_among(named, "references")
        )
    )
    for kind, named in _REFERENCES.items()
}
_FIND_SIP_IDS = CompiledStatement(
    select(call.c.sip_id, call.c.id).where(call.c.site_id == bindparam("site_id"), is_among(call.c.sip_id, "sip_ids"))
)
_FIND_TAKEN_IN = CompiledStatement(
    select(
        lead_request.c.number,
        lead_request.c.id,
        lead_request.c.requested_at,
        lead_request.c.form_name,
        lead_request.c.visit_id,
        lead_request.c.fingerprint,
    ).where(lead_request.c.site_id == bindparam("site_id"), is_among(lead_request.c.number, "numbers"))
)
_FIND_VISITED_AT = {
    kind: CompiledStatement(
        select(table.c.id, visit.c.started_at)
        .join(visit, (visit.c.site_id == table.c.site_id) & (visit.c.id == table.c.visit_id))
        .where(table.c.site_id == bindparam("site_id"), is_among(table.c.id, "ids"))
    )
    for kind, table in _TABLES.items()
}
_TELL = {
    table.name: CompiledStatement(
        select(table.c.id, table.c.client_id, table.c.stated_source_id, told).where(
            table.c.site_id == bindparam("site_id"), is_among(table.c.id, "ids")
        )
    )
    for table, told in ((call, call.c.duration_seconds), (lead_request, lead_request.c.form_name))
}


@record
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
    """Tell which of these ids are leads of the site, of this kind; those that are hidden are not."""
    wanted = sorted(set(ids))
    if not wanted:
        return set()
    return {lead_id for (lead_id,) in _FIND_IDS[kind].fetch(connection, {"site_id": site_id, "ids": wanted})}


def list_ids_by_reference(
    connection: Connection, site_id: int, kind: LeadKind, references: Iterable[str], *, with_deleted: bool = False
) -> dict[str, int]:
    """Find leads by their foreign reference: a call's id in its exchange, a lead request's number on the site.

    Hidden ones are told of `with_deleted`, by who asks whether a reference was ever used.
    """
    wanted = sorted(set(references))
    if not wanted:
        return {}
    rows = _FIND_REFERENCES[kind].fetch(connection, {"site_id": site_id, "references": wanted})
    return {reference: lead_id for reference, lead_id, deleted_at in rows if with_deleted or deleted_at is None}


def list_ids_by_sip(connection: Connection, site_id: int, sip_ids: Iterable[str]) -> dict[str, int]:
    """Find calls by their second name."""
    wanted = sorted(set(sip_ids))
    if not wanted:
        return {}
    rows = _FIND_SIP_IDS.fetch(connection, {"site_id": site_id, "sip_ids": wanted})
    return {sip_id: call_id for sip_id, call_id in rows}  # noqa: C416 - rows of two, to a type checker of any


def list_taken_in(connection: Connection, site_id: int, numbers: Iterable[str]) -> dict[str, TakenIn]:
    """Find the lead requests that have these numbers; free numbers are missing."""
    wanted = sorted(set(numbers))
    if not wanted:
        return {}
    rows = _FIND_TAKEN_IN.fetch(connection, {"site_id": site_id, "numbers": wanted})
    return {number: _taken_in(number, *rest) for number, *rest in rows}


def _taken_in(
    number: str, lead_id: int, requested_at: datetime, form_name: str, visit_id: int | None, fingerprint: str | None
) -> TakenIn:
    visit_of = VisitId(visit_id) if visit_id is not None else None
    return TakenIn(LeadRequest(LeadRequestId(lead_id), number, requested_at, form_name, visit_of), fingerprint)


@record
class NewLead:
    """A lead to insert, with what only its rows need: the client, and the contacts as they are compared.

    `remarks` keep the values of known custom fields alone; the source they state has the id `stated_source_id`.
    `circumstances` are a call's, `page_url` and `fingerprint` a lead request's.
    """

    lead: Call | LeadRequest
    client_id: int
    phone: str | None
    email: str | None
    spans: tuple[LeadSpan, ...]
    annotations: Annotations = NO_ANNOTATIONS
    stated_source_id: int | None = None
    circumstances: Circumstances = UNTOLD
    page_url: str | None = None
    fingerprint: str | None = None


def insert_leads(connection: Connection, site_id: int, leads: Sequence[NewLead], now: datetime) -> None:
    """Keep new calls and lead requests, and what matching finds them by."""
    calls = [_call_row(site_id, new, now) for new in leads if isinstance(new.lead, Call)]
    lead_requests = [_request_row(site_id, new, now) for new in leads if isinstance(new.lead, LeadRequest)]
    _INSERT_CALL.run_many(connection, calls)
    _INSERT_LEAD_REQUEST.run_many(connection, lead_requests)
    insert_contact_rows(connection, site_id, leads)


def insert_contact_rows(connection: Connection, site_id: int, leads: Sequence[NewLead]) -> None:
    """Keep what matching finds leads by, and which visits they credit."""
    _INSERT_CONTACT_ROW.run_many(connection, [span_row(site_id, span) for new in leads for span in new.spans])


def find_record_url(connection: Connection, site_id: int, call_id: int) -> str | None:
    """Tell where the recording of a call lies, as it was told; `None` if nobody told, or there is no such call."""
    mine = (call.c.site_id == site_id, call.c.id == call_id, call.c.deleted_at.is_(None))
    found: str | None = connection.execute(select(call.c.record_url).where(*mine)).scalar()
    return found


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
    sources = _stated_sources(connection, site_id, [*calls.values(), *lead_requests.values()])
    stories = [
        LeadStory(
            LeadRef(LeadKind.CALL, row.id), clients[row.client_id], visits.get(row.id),
            duration=timedelta(seconds=row.duration_seconds), stated_source=sources.get(row.stated_source_id),
        )
        for row in calls.values()
    ] + [
        LeadStory(
            LeadRef(LeadKind.LEAD_REQUEST, row.id), clients[row.client_id], visits.get(row.id),
            form_name=row.form_name, stated_source=sources.get(row.stated_source_id),
        )
        for row in lead_requests.values()
    ]  # fmt: skip
    return {story.ref: story for story in stories}


def _stated_sources(connection: Connection, site_id: int, rows: Iterable[Any]) -> dict[int | None, TrafficSource]:
    stated = {row.stated_source_id for row in rows if row.stated_source_id is not None}
    return dict(list_sources(connection, site_id, stated).items())


def _rows_by_id(connection: Connection, table: Table, site_id: int, ids: set[int]) -> dict[int, Any]:
    if not ids:
        return {}
    rows = _TELL[table.name].fetch_named(connection, {"site_id": site_id, "ids": list(ids)})
    return {row.id: row for row in rows}


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
        "deleted_at": None,
        **circumstance_columns(new.circumstances),
        **_annotation_columns(new),
    }


def circumstance_columns(circumstances: Circumstances) -> dict[str, Any]:
    """Spell how a call went as the columns of its row."""
    waiting = circumstances.waiting
    return {
        "sip_id": circumstances.sip_id,
        "is_successful": circumstances.is_successful,
        "waiting_seconds": waiting // timedelta(seconds=1) if waiting is not None else None,
        "dialled_phone": circumstances.dialled_phone,
        "answering_phone": circumstances.answering_phone,
        "record_url": circumstances.record_url,
        "exchange": circumstances.exchange,
        "exchange_model": circumstances.exchange_model,
    }


def _annotation_columns(new: NewLead) -> dict[str, Any]:
    annotations = new.annotations
    return {
        "manager": annotations.manager,
        "comment": annotations.comment,
        "tags": list(annotations.tags) or None,
        "custom_values": dict(annotations.custom_values) or None,
        "stated_source_id": new.stated_source_id,
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
        "deleted_at": None,
        "page_url": new.page_url,
        "fingerprint": new.fingerprint,
        **_annotation_columns(new),
    }


def span_row(site_id: int, span: LeadSpan) -> dict[str, Any]:
    """Spell what matching finds a lead by as a row."""
    return {
        "site_id": site_id,
        "contact": span.contact,
        "started_at": span.started_at,
        "lead_id": span.ref.id,
        "lead_kind": span.ref.kind,
        "ended_at": span.ended_at,
        "reference": span.reference,
    }
