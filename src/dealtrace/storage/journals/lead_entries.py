"""The entries of the journals of calls and lead requests, read for a whole page at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import CREDIT_LOOKBACK, AttributionModel, touches_of
from dealtrace.attribution.origin import LeadVisit, Origin, origin_of_lead
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.deals.deal import Deal
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import NOT_REPORTED, Call, Circumstances
from dealtrace.leads.client import Client, with_stated_contacts
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_request import LeadRequest
from dealtrace.leads.missed_calls import RingBack
from dealtrace.leads.qualification import Qualification
from dealtrace.record import record
from dealtrace.storage.database.column_types import is_among_many
from dealtrace.storage.database.compiled_statement import CompiledStatement, NamedRow
from dealtrace.storage.deals.lead_links import find_deals_of_leads
from dealtrace.storage.leads.calls import call_from_row, circumstances_from_row, ring_back_from_row
from dealtrace.storage.leads.clients import find_clients
from dealtrace.storage.leads.lead_rows import annotations_from_row, lead_request_from_row
from dealtrace.storage.leads.qualification import find_qualifications
from dealtrace.storage.schema.tables.leads import LEAD_STARTS, LEAD_TABLES
from dealtrace.storage.visits.credits import find_lead_visits
from dealtrace.storage.visits.traffic_sources import find_sources
from dealtrace.storage.visits.visits import list_visits_of_visitors

_ROWS = {
    kind: CompiledStatement(
        select(table).where(table.c.site_id == bindparam("site_id"), is_among_many(table.c.id, "ids"))
    )
    for kind, table in LEAD_TABLES.items()
}


@record
class LeadEntry:
    """An entry of a journal of leads.

    `visit` has the lead's own visit and the credited visit, or is `None` if the lead has no visit. `visits` are all
    visits that may be credited, the lead's own visit last. `visits` and the lead's `deals` are empty unless requested.
    Only calls have `circumstances` and a `ring_back`, which says how a person dealt with a missed call. Only lead
    requests have a `page_url`.
    """

    lead: Call | LeadRequest
    client: Client
    qualification: Qualification
    annotations: Annotations
    visit: LeadVisit | None
    phone: str | None = None
    email: str | None = None
    circumstances: Circumstances = NOT_REPORTED
    page_url: str | None = None
    ring_back: RingBack | None = None
    visits: Sequence[Visit] = ()
    deals: Sequence[Deal] = ()

    @property
    def began_at(self) -> datetime:
        """When the call or the lead request began."""
        return self.lead.began_at

    @property
    def origin(self) -> Origin:
        """The origin of the lead: a visit, a stated source, or unknown."""
        return origin_of_lead(self.visit, self.annotations.stated_source)


def list_lead_entries(
    connection: Connection,
    site: Site,
    kind: LeadKind,
    ids: Sequence[int],
    model: AttributionModel,
    *,
    with_visits: bool = False,
    with_deals: bool = False,
) -> list[LeadEntry]:
    """List the journal entries of calls or lead requests in the order of `ids`; unknown ids are left out.

    The attribution `model` chooses the credited visit.
    """
    if not ids:
        return []
    found = _ROWS[kind].fetch_named(connection, {"site_id": site.id, "ids": list(ids)})
    rows = {row.id: row for row in found}
    referred = _find_referred(connection, site, kind, rows, model)
    started_at = {lead_id: getattr(row, LEAD_STARTS[kind].name) for lead_id, row in rows.items()}
    visits = _visits_before(connection, site.id, started_at, referred.visits) if with_visits else {}
    deals = find_deals_of_leads(connection, site.id, kind, list(rows)) if with_deals else {}
    entry = _call_entry if kind is LeadKind.CALL else _lead_request_entry
    return [
        entry(row, referred, visits.get(lead_id, ()), deals.get(lead_id, ()))
        for lead_id in ids
        if (row := rows.get(lead_id)) is not None
    ]


@record
class _Referred:
    """The data that the leads of a page refer to: clients and stated sources by their own ids, the rest by lead id."""

    clients: Mapping[int, Client]
    stated_sources: Mapping[int, TrafficSource]
    visits: Mapping[int, LeadVisit]
    qualifications: Mapping[LeadRef, Qualification]


def _find_referred(
    connection: Connection, site: Site, kind: LeadKind, rows: Mapping[int, NamedRow], model: AttributionModel
) -> _Referred:
    stated_ids = {row.stated_source_id for row in rows.values() if row.stated_source_id is not None}
    return _Referred(
        clients=find_clients(connection, site.id, {row.client_id for row in rows.values()}),
        stated_sources=find_sources(connection, site.id, stated_ids),
        visits=find_lead_visits(connection, site.id, {lead_id: row.visit_id for lead_id, row in rows.items()}, model),
        qualifications=find_qualifications(connection, site, [LeadRef(kind, lead_id) for lead_id in rows]),
    )


def _call_entry(row: NamedRow, referred: _Referred, visits: Sequence[Visit], deals: Sequence[Deal]) -> LeadEntry:
    return LeadEntry(
        lead=call_from_row(row),
        client=with_stated_contacts(referred.clients[row.client_id], row.phone, None),
        qualification=referred.qualifications[LeadRef(LeadKind.CALL, row.id)],
        annotations=annotations_from_row(row, referred.stated_sources),
        visit=referred.visits.get(row.id),
        phone=row.phone,
        circumstances=circumstances_from_row(row),
        ring_back=ring_back_from_row(row),
        visits=visits,
        deals=deals,
    )


def _lead_request_entry(
    row: NamedRow, referred: _Referred, visits: Sequence[Visit], deals: Sequence[Deal]
) -> LeadEntry:
    return LeadEntry(
        lead=lead_request_from_row(row),
        client=with_stated_contacts(referred.clients[row.client_id], row.phone, row.email),
        qualification=referred.qualifications[LeadRef(LeadKind.LEAD_REQUEST, row.id)],
        annotations=annotations_from_row(row, referred.stated_sources),
        visit=referred.visits.get(row.id),
        phone=row.phone,
        email=row.email,
        page_url=row.page_url,
        visits=visits,
        deals=deals,
    )


def _visits_before(
    connection: Connection, site_id: int, started_at: Mapping[int, datetime], visits: Mapping[int, LeadVisit]
) -> dict[int, list[Visit]]:
    """Find the visits that may be credited with each lead, by lead id: earliest first, the lead's own visit last."""
    visitors = {visit.own.visitor_id for visit in visits.values()} - {""}
    starts = [started_at[lead_id] for lead_id in visits]
    of_visitor: dict[str, list[Visit]] = {}
    if visitors:
        since, until = min(starts) - CREDIT_LOOKBACK, max(starts)
        for visit in list_visits_of_visitors(connection, site_id, visitors, since, until):
            of_visitor.setdefault(visit.visitor_id, []).append(visit)
    return {
        lead_id: touches_of(started_at[lead_id], visit.own, of_visitor.get(visit.own.visitor_id, ()))
        for lead_id, visit in visits.items()
    }
