"""The entries of the journal of deals, read for a whole page at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, bindparam, func, select

from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.origin import LeadVisit, Origin, origin_of_deal
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.attribution.visit import Visit
from dealtrace.deals.deal import DealId
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_summary import LeadSummary
from dealtrace.record import record
from dealtrace.storage.database.column_types import is_among_many
from dealtrace.storage.database.compiled_statement import CompiledStatement, PlainRow
from dealtrace.storage.deals.deal_rows import LEAD_KINDS
from dealtrace.storage.deals.deals import find_tags
from dealtrace.storage.deals.lead_links import is_its_lead
from dealtrace.storage.leads.clients import find_clients
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.leads import call, lead_credit, lead_request
from dealtrace.storage.schema.tables.visits import visit
from dealtrace.storage.visits.credits import CREDITED, beside_own_visits, credit_key_of_deal, heaviest_of
from dealtrace.storage.visits.traffic_sources import find_sources
from dealtrace.storage.visits.visits import VISIT_COLUMNS, visit_from_columns

_SECOND = timedelta(seconds=1)


@record
class DealEntry:
    """An entry of the journal of deals.

    `phone` and `email` are as the CRM sent them. `lead_summary` describes the deal's lead; `None` means no lead.
    `visit` is the visit that a deal without a lead was matched to. `stated_source` is the source that the CRM stated
    for the deal. Deals of the 2.0 API may have a `name`, a `funnel`, and a `currency` other than rubles.
    """

    id: DealId
    number: str
    status: str
    amount_rub: Decimal | None
    happened_at: datetime
    touched_at: datetime
    service: str
    manager: str | None = None
    comment: str | None = None
    phone: str | None = None
    email: str | None = None
    custom_values: Mapping[str, str] | None = None
    stated_source: TrafficSource | None = None
    tags: tuple[str, ...] = ()
    lead_summary: LeadSummary | None = None
    visit: LeadVisit | None = None
    name: str | None = None
    funnel: str | None = None
    currency: str | None = None

    @property
    def origin(self) -> Origin:
        """The origin of the deal: a visit, a stated source, or unknown."""
        return origin_of_deal(
            self.lead_summary.origin if self.lead_summary is not None else None, self.stated_source, self.visit
        )


_REFERRING_COLUMNS = (
    func.coalesce(call.c.client_id, lead_request.c.client_id).label("client_id"),
    deal.c.stated_source_id.label("stated_by_deal_id"),
    func.coalesce(call.c.stated_source_id, lead_request.c.stated_source_id).label("stated_by_lead_id"),
    visit.c.traffic_source_id,
    credit_key_of_deal().label("credit_key"),
    func.coalesce(call.c.visit_id, lead_request.c.visit_id, deal.c.visit_id).label("visit_id"),
)
_DEAL_COLUMNS = (
    "id", "number", "status", "amount_rub", "happened_at", "touched_at", "service", "manager", "comment",
    "clue_phone_as_sent", "clue_email_as_sent", "custom_values", "lead_kind", "lead_id", "details", "currency",
)  # fmt: skip
_LEAD_COLUMNS = (call.c.duration_seconds, lead_request.c.form_name)
_SOURCE_AT, _KEY_AT, _NAMED_AT = 3, 4, 5
_VISIT_AT = len(_REFERRING_COLUMNS) + len(_DEAL_COLUMNS) + len(_LEAD_COLUMNS)
"""The positions of columns in a row.

In order: the credited visit's source id, the deal's `CreditKey`, the id of the visit that `LeadVisit` calls `own`, and
the first column of the credited visit.
"""
_ENTRIES = CompiledStatement(
    select(*_REFERRING_COLUMNS, *(deal.c[name] for name in _DEAL_COLUMNS), *_LEAD_COLUMNS, *VISIT_COLUMNS)
    .select_from(deal)
    .outerjoin(call, is_its_lead(call, LeadKind.CALL))
    .outerjoin(lead_request, is_its_lead(lead_request, LeadKind.LEAD_REQUEST))
    .outerjoin(lead_credit, heaviest_of(deal.c.site_id, credit_key_of_deal(), bindparam("model")))
    .outerjoin(visit, CREDITED)
    .where(deal.c.site_id == bindparam("site_id"), is_among_many(deal.c.id, "ids"))
)


def list_deal_entries(
    connection: Connection, site_id: int, ids: Sequence[int], model: AttributionModel
) -> list[DealEntry]:
    """List the journal entries of deals in the order of `ids`, including deleted deals; unknown ids are left out.

    The attribution `model` chooses the credited visit.
    """
    if not ids:
        return []
    rows = _ENTRIES.fetch(connection, {"site_id": site_id, "ids": list(ids), "model": int(model)})
    referred = _Referred(
        clients=find_clients(connection, site_id, {row[0] for row in rows} - {None}),
        sources=find_sources(connection, site_id, {source_id for row in rows for source_id in row[1:4]} - {None}),
        tags=find_tags(connection, site_id, ids),
    )
    visits = _lead_visits(connection, site_id, rows, referred.sources)
    found: dict[int, DealEntry] = {entry.id: entry for entry in (_entry(row, referred, visits) for row in rows)}
    return [found[deal_id] for deal_id in ids if deal_id in found]


@record
class _Referred:
    """The clients and sources that the deals of a page refer to, by id, and the tags of the deals, by deal id."""

    clients: Mapping[int, Client]
    sources: Mapping[int, TrafficSource]
    tags: Mapping[int, Sequence[str]]


def _lead_visits(
    connection: Connection, site_id: int, rows: Sequence[PlainRow], sources: Mapping[int, TrafficSource]
) -> dict[int, LeadVisit]:
    """Find the visits of the deals in `rows`, by `CreditKey`; a deal with a lead has the visits of the lead."""
    credited: dict[int, Visit] = {}
    named: dict[int, int | None] = {}
    for row in rows:
        source_id, key = row[_SOURCE_AT], row[_KEY_AT]
        if source_id is not None:
            credited[key] = visit_from_columns(sources[source_id], row[_VISIT_AT:])
            named[key] = row[_NAMED_AT]
    return beside_own_visits(connection, site_id, credited, named)


def _entry(row: PlainRow, referred: _Referred, visits: Mapping[int, LeadVisit]) -> DealEntry:
    (
        client_id, stated_by_deal_id, stated_by_lead_id, _, key, _,
        deal_id, number, status, amount_rub, happened_at, touched_at, service, manager, comment, phone, email,
        custom_values, lead_kind, lead_id, details, currency,
        duration_seconds, form_name,
        *_,
    ) = row  # fmt: skip
    lead_summary = None
    if client_id is not None:
        lead_summary = LeadSummary(
            LeadRef(LEAD_KINDS[lead_kind], lead_id),
            referred.clients[client_id],
            visits.get(key),
            _SECOND * (duration_seconds or 0),
            form_name or "",
            referred.sources.get(stated_by_lead_id),
        )
    return DealEntry(
        deal_id, number, status, amount_rub, happened_at, touched_at, service, manager, comment, phone, email,
        custom_values, referred.sources.get(stated_by_deal_id), tuple(referred.tags.get(deal_id, ())), lead_summary,
        visits.get(key) if lead_summary is None else None,
        details.get("name") if details is not None else None, details.get("funnel") if details is not None else None,
        currency,
    )  # fmt: skip
