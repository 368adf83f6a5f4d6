"""Summaries of leads: the client, the visit in which the lead was made, and the visit credited with the lead."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from sqlalchemy import Connection, bindparam, null, select

from dealtrace.attribution.credit import AttributionModel
from dealtrace.leads.client import with_stated_contacts
from dealtrace.leads.lead import LeadKind, LeadRef, ids_by_kind
from dealtrace.leads.lead_summary import LeadSummary
from dealtrace.storage.database.column_types import is_among
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.leads.clients import find_clients
from dealtrace.storage.schema.tables.leads import LEAD_TABLES, call, lead_request
from dealtrace.storage.visits.credits import find_lead_visits
from dealtrace.storage.visits.traffic_sources import find_sources

_SECOND = timedelta(seconds=1)
_DETAILS = {
    LeadKind.CALL: (call.c.duration_seconds, call.c.phone, null().label("email")),
    LeadKind.LEAD_REQUEST: (lead_request.c.form_name, lead_request.c.phone, lead_request.c.email),
}
_LIST_LEADS: Mapping[LeadKind, CompiledStatement] = {
    kind: CompiledStatement(
        select(table.c.id, table.c.client_id, table.c.stated_source_id, table.c.visit_id, *_DETAILS[kind]).where(
            table.c.site_id == bindparam("site_id"), is_among(table.c.id, "ids")
        )
    )
    for kind, table in LEAD_TABLES.items()
}


def find_lead_summaries(
    connection: Connection, site_id: int, leads: Iterable[LeadRef], model: AttributionModel
) -> dict[LeadRef, LeadSummary]:
    """Find summaries of leads, each with the visit that the attribution `model` credits; unknown leads are left out."""
    rows = [
        (LeadRef(kind, lead_id), client_id, stated_id, visit_id, detail, phone, email)
        for kind, ids in ids_by_kind(leads).items()
        for lead_id, client_id, stated_id, visit_id, detail, phone, email in _LIST_LEADS[kind].fetch(
            connection, {"site_id": site_id, "ids": ids}
        )
    ]
    if not rows:
        return {}
    clients = find_clients(connection, site_id, [row[1] for row in rows])
    visits = find_lead_visits(connection, site_id, {row[0].id: row[3] for row in rows}, model)
    sources = find_sources(connection, site_id, [row[2] for row in rows if row[2] is not None])
    return {
        ref: LeadSummary(
            ref,
            with_stated_contacts(clients[client_id], phone, email),
            visits.get(ref.id),
            duration=_SECOND * detail if ref.kind is LeadKind.CALL else timedelta(0),
            form_name=detail if ref.kind is LeadKind.LEAD_REQUEST else "",
            stated_source=sources.get(stated_id),
        )
        for ref, client_id, stated_id, _, detail, phone, email in rows
    }
