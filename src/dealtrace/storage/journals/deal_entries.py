"""What the journal tells of deals, gathered for a whole page at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, func, select

from dealtrace.attribution.credit import AttributionModel
from dealtrace.attribution.origin import Origin, origin_of_deal
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.deals.deal import DealId
from dealtrace.leads.client import Client
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_story import LeadStory
from dealtrace.record import record
from dealtrace.storage.database.column_types import is_among_many
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.deals.deals import list_tags
from dealtrace.storage.leads.clients import list_clients
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.leads import call, lead_credit, lead_request
from dealtrace.storage.schema.tables.visits import visit
from dealtrace.storage.visits.credits import CREDITED, heaviest_of
from dealtrace.storage.visits.traffic_sources import list_sources
from dealtrace.storage.visits.visits import VISIT_COLUMNS, visit_of

_SECOND = timedelta(seconds=1)


@record
class DealEntry:
    """All that a journal tells of a deal.

    `phone` and `email` are as the CRM sent them. `story` is that of its lead, `None` if it has none. `stated_source`
    is the deal's own.
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
    story: LeadStory | None = None

    @property
    def origin(self) -> Origin:
        """Where the deal comes from."""
        return origin_of_deal(self.story.origin if self.story is not None else None, self.stated_source)


def _is_its_lead(table: Table, kind: LeadKind) -> ColumnElement[bool]:
    return and_(table.c.site_id == deal.c.site_id, table.c.id == deal.c.lead_id, deal.c.lead_kind == kind)


_POINTERS = (
    func.coalesce(call.c.client_id, lead_request.c.client_id).label("client_id"),
    deal.c.stated_source_id.label("stated_by_deal_id"),
    func.coalesce(call.c.stated_source_id, lead_request.c.stated_source_id).label("stated_by_lead_id"),
    visit.c.traffic_source_id,
)
_OF_THE_DEAL = (
    "id", "number", "status", "amount_rub", "happened_at", "touched_at", "service", "manager", "comment",
    "clue_phone_as_sent", "clue_email_as_sent", "custom_values", "lead_kind", "lead_id",
)  # fmt: skip
_OF_THE_LEAD = (call.c.duration_seconds, lead_request.c.form_name)
_ENTRIES = CompiledStatement(
    select(*_POINTERS, *(deal.c[name] for name in _OF_THE_DEAL), *_OF_THE_LEAD, *VISIT_COLUMNS)
    .select_from(deal)
    .outerjoin(call, _is_its_lead(call, LeadKind.CALL))
    .outerjoin(lead_request, _is_its_lead(lead_request, LeadKind.LEAD_REQUEST))
    .outerjoin(lead_credit, heaviest_of(deal.c.site_id, deal.c.lead_id, bindparam("model")))
    .outerjoin(visit, CREDITED)
    .where(deal.c.site_id == bindparam("site_id"), is_among_many(deal.c.id, "ids"))
)
_LEAD_KINDS = {kind.value: kind for kind in LeadKind}


def list_deal_entries(
    connection: Connection, site_id: int, ids: Sequence[int], model: AttributionModel
) -> list[DealEntry]:
    """Tell of each of these deals, deleted or not, in their order; unknown ones are missing.

    The credited visit is chosen by `model`; the questions are as many for a thousand deals as for one.
    """
    if not ids:
        return []
    rows = _ENTRIES.fetch(connection, {"site_id": site_id, "ids": list(ids), "model": int(model)})
    around = _Surroundings(
        clients=list_clients(connection, site_id, {row[0] for row in rows} - {None}),
        sources=list_sources(connection, site_id, {pointer for row in rows for pointer in row[1:4]} - {None}),
        tags=list_tags(connection, site_id, ids),
    )
    found: dict[int, DealEntry] = {entry.id: entry for entry in (_entry(row, around) for row in rows)}
    return [found[one] for one in ids if one in found]


@record
class _Surroundings:
    """What the deals of a page point at: clients, sources, and the tags of each."""

    clients: Mapping[int, Client]
    sources: Mapping[int, TrafficSource]
    tags: Mapping[int, Sequence[str]]


def _entry(row: Sequence[Any], around: _Surroundings) -> DealEntry:
    (
        client_id, stated_by_deal_id, stated_by_lead_id, visit_source_id,
        deal_id, number, status, amount_rub, happened_at, touched_at, service, manager, comment, phone, email,
        custom_values, lead_kind, lead_id,
        duration_seconds, form_name,
        *visited,
    ) = row  # fmt: skip
    story = None
    if client_id is not None:
        story = LeadStory(
            LeadRef(_LEAD_KINDS[lead_kind], lead_id),
            around.clients[client_id],
            visit_of(around.sources[visit_source_id], visited) if visit_source_id is not None else None,
            _SECOND * (duration_seconds or 0),
            form_name or "",
            around.sources.get(stated_by_lead_id),
        )
    return DealEntry(
        deal_id, number, status, amount_rub, happened_at, touched_at, service, manager, comment, phone, email,
        custom_values, around.sources.get(stated_by_deal_id), tuple(around.tags.get(deal_id, ())), story,
    )  # fmt: skip
