"""What journals tell of leads, gathered for a whole page at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select

from dealtrace.accounts.site import Site
from dealtrace.attribution.credit import CREDIT_LOOKBACK, AttributionModel, touches_before
from dealtrace.attribution.origin import Origin, origin_of_lead
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.deals.deal import Deal
from dealtrace.leads.annotations import Annotations
from dealtrace.leads.call import UNTOLD, Call, CallId, Circumstances
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_request import LeadRequest, LeadRequestId
from dealtrace.leads.qualification import Qualification
from dealtrace.record import record
from dealtrace.storage.database.column_types import is_among_many
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.deals.lead_links import list_deals_of_leads
from dealtrace.storage.leads.clients import list_clients
from dealtrace.storage.leads.qualification import list_qualifications
from dealtrace.storage.schema.tables.leads import call, lead_request
from dealtrace.storage.visits.credits import list_credited_visits
from dealtrace.storage.visits.traffic_sources import list_sources
from dealtrace.storage.visits.visits import list_visits_of

_TABLES: Mapping[LeadKind, Table] = {LeadKind.CALL: call, LeadKind.LEAD_REQUEST: lead_request}
_BEGAN = {LeadKind.CALL: "started_at", LeadKind.LEAD_REQUEST: "requested_at"}
_ROWS = {
    kind: CompiledStatement(
        select(table).where(table.c.site_id == bindparam("site_id"), is_among_many(table.c.id, "ids"))
    )
    for kind, table in _TABLES.items()
}


@record
class LeadEntry:
    """All that a journal tells of a lead.

    `visit` is the credited one, `None` if nobody visited. `visits` and `deals` are empty unless they were asked for:
    what the visitor did up to the lead, and the deals that belong to it. `circumstances` are a call's, `page_url` a
    lead request's.
    """

    lead: Call | LeadRequest
    client: Client
    standing: Qualification
    annotations: Annotations
    visit: Visit | None
    phone: str | None = None
    email: str | None = None
    circumstances: Circumstances = UNTOLD
    page_url: str | None = None
    visits: Sequence[Visit] = ()
    deals: Sequence[Deal] = ()

    @property
    def origin(self) -> Origin:
        """Where the lead comes from."""
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
    """Tell of each of these leads, in their order; unknown ones are missing.

    The credited visit is chosen by `model`; the questions are as many for a thousand leads as for one.
    """
    if not ids:
        return []
    found = _ROWS[kind].fetch_named(connection, {"site_id": site.id, "ids": list(ids)})
    rows = {row.id: row for row in found}
    refs = {lead_id: LeadRef(kind, lead_id) for lead_id in rows}
    qualifications = list_qualifications(connection, site, refs.values())
    clients = list_clients(connection, site.id, {row.client_id for row in rows.values()})
    credited = list_credited_visits(connection, site.id, list(rows), model)
    stated_ids = {row.stated_source_id for row in rows.values() if row.stated_source_id is not None}
    stated = list_sources(connection, site.id, stated_ids)
    began_at = {lead_id: getattr(row, _BEGAN[kind]) for lead_id, row in rows.items()}
    visits = _visits_before(connection, site.id, began_at, credited) if with_visits else {}
    deals = list_deals_of_leads(connection, site.id, kind, list(rows)) if with_deals else {}
    return [
        LeadEntry(
            **_told(kind, row),
            client=clients[row.client_id],
            standing=qualifications[refs[row.id]],
            annotations=_annotations(row, stated),
            visit=credited.get(row.id),
            visits=visits.get(row.id, ()),
            deals=deals.get(row.id, ()),
        )
        for lead_id in ids
        if (row := rows.get(lead_id)) is not None
    ]


def _told(kind: LeadKind, row: Any) -> dict[str, Any]:
    """Tell what is a call's alone, or a lead request's."""
    visit_id = VisitId(row.visit_id) if row.visit_id is not None else None
    if kind is LeadKind.LEAD_REQUEST:
        lead_request_of = LeadRequest(LeadRequestId(row.id), row.number, row.requested_at, row.form_name, visit_id)
        return {"lead": lead_request_of, "phone": row.phone, "email": row.email, "page_url": row.page_url}
    duration = timedelta(seconds=row.duration_seconds)
    return {
        "lead": Call(CallId(row.id), row.reference, row.started_at, duration, visit_id),
        "phone": row.phone,
        "circumstances": Circumstances(
            sip_id=row.sip_id,
            is_successful=row.is_successful,
            waiting=timedelta(seconds=row.waiting_seconds) if row.waiting_seconds is not None else None,
            dialled_phone=row.dialled_phone,
            answering_phone=row.answering_phone,
            record_url=row.record_url,
            exchange=row.exchange,
            exchange_model=row.exchange_model,
        ),
    }


def _annotations(row: Any, stated: Mapping[int, Any]) -> Annotations:
    return Annotations(
        manager=row.manager,
        comment=row.comment,
        tags=tuple(row.tags or ()),
        custom_values=row.custom_values or {},
        stated_source=stated.get(row.stated_source_id),
    )


def _visits_before(
    connection: Connection, site_id: int, began_at: Mapping[int, datetime], credited: Mapping[int, Visit]
) -> dict[int, list[Visit]]:
    """List what the visitor of each lead did up to it, earliest first: the touches that may earn credit.

    A visitor who was made anonymous has no name that could tell their visits from others'.
    """
    visitors = {visit.visitor_id for visit in credited.values()} - {""}
    if not visitors:
        return {lead_id: [visit] for lead_id, visit in credited.items()}
    moments = [began_at[lead_id] for lead_id in credited]
    of_visitor: dict[str, list[Visit]] = {}
    for visit in list_visits_of(connection, site_id, visitors, min(moments) - CREDIT_LOOKBACK, max(moments)):
        of_visitor.setdefault(visit.visitor_id, []).append(visit)
    return {
        lead_id: touches_before(began_at[lead_id], of_visitor.get(visit.visitor_id, [visit]))
        for lead_id, visit in credited.items()
    }
