"""Which visits are credited with leads, under every model."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, insert, select

from dealtrace.attribution.credit import WHOLE, AttributionModel, Credit
from dealtrace.attribution.visit import Visit
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.record import record
from dealtrace.storage.database.column_types import is_among
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.schema.tables.leads import call, lead_credit, lead_request
from dealtrace.storage.schema.tables.visits import visit
from dealtrace.storage.visits.visits import VISIT_ROWS, list_visits_by_id, visit_record


def heaviest_of(site_id: Any, lead_id: Any, model: Any) -> ColumnElement[bool]:
    """Say in SQL that a credit is the heaviest of a lead under a model."""
    credit = lead_credit.c
    return and_(credit.site_id == site_id, credit.lead_id == lead_id, credit.model == model, credit.position == 0)


CREDITED = and_(
    visit.c.site_id == lead_credit.c.site_id, visit.c.started_at == lead_credit.c.visit_started_at,
    visit.c.id == lead_credit.c.visit_id,
)  # fmt: skip
"""That a visit is the one of a credit."""
_LIST_HEAVIEST = CompiledStatement(
    VISIT_ROWS.join(lead_credit, CREDITED)
    .add_columns(lead_credit.c.lead_id)
    .where(
        lead_credit.c.site_id == bindparam("site_id"), is_among(lead_credit.c.lead_id, "lead_ids"),
        lead_credit.c.model == bindparam("model"), lead_credit.c.position == 0,
    )
)  # fmt: skip

CreditsByModel = Mapping[AttributionModel, Sequence[Credit]]


@record
class VisitedLead:
    """A lead that came about in a visit: which it is, when it began, and that visit."""

    ref: LeadRef
    started_at: datetime
    visit_id: int

    @property
    def id(self) -> int:
        """The lead's id, which no lead of another kind has."""
        return self.ref.id


def replace_credits(connection: Connection, site_id: int, credits_of: Mapping[int, CreditsByModel]) -> None:
    """Keep the credits of these leads under every model, in the place of those they had; the heaviest first."""
    mine = (lead_credit.c.site_id == site_id, lead_credit.c.lead_id.in_(list(credits_of)))
    connection.execute(delete(lead_credit).where(*mine))
    rows = [
        {
            "site_id": site_id,
            "lead_id": lead_id,
            "model": int(model),
            "position": position,
            "visit_id": credit.visit.id,
            "visit_started_at": credit.visit.started_at,
            "share": credit.share,
        }
        for lead_id, by_model in credits_of.items()
        for model, credited in by_model.items()
        for position, credit in enumerate(credited)
    ]
    if rows:
        connection.execute(insert(lead_credit), rows)


def list_credited_visits(
    connection: Connection, site_id: int, lead_ids: Sequence[int], model: AttributionModel
) -> dict[int, Visit]:
    """Find the visit that has the heaviest share in each lead under `model`; leads without a visit are missing."""
    if not lead_ids:
        return {}
    asked = {"site_id": site_id, "lead_ids": list(lead_ids), "model": int(model)}
    return {lead_id: visit_record(told) for *told, lead_id in _LIST_HEAVIEST.fetch(connection, asked)}


def list_credits(connection: Connection, site_id: int, lead_id: int) -> dict[AttributionModel, list[Credit]]:
    """List how each model shares a lead, the heaviest share first; empty when nobody visited."""
    credit = lead_credit.c
    mine = (credit.site_id == site_id, credit.lead_id == lead_id)
    rows = connection.execute(
        select(credit.model, credit.visit_id, credit.share).where(*mine).order_by(credit.model, credit.position)
    ).all()
    visits = list_visits_by_id(connection, site_id, [row.visit_id for row in rows])
    shares: dict[AttributionModel, list[Credit]] = {}
    for row in rows:
        shares.setdefault(AttributionModel(row.model), []).append(
            Credit(visits[row.visit_id], row.share if row.share is not None else WHOLE)
        )
    return shares


def list_leads_of_visitors(
    connection: Connection, site_id: int, visitor_ids: Iterable[str], since: datetime, until: datetime
) -> list[VisitedLead]:
    """List the leads of these visitors that began from `since` to `until`, both included."""
    wanted = sorted(set(visitor_ids))
    found: list[VisitedLead] = []
    for kind, table, began in (
        (LeadKind.CALL, call, call.c.started_at),
        (LeadKind.LEAD_REQUEST, lead_request, lead_request.c.requested_at),
    ):
        query = (
            select(table.c.id, began, table.c.visit_id)
            .join(visit, (visit.c.site_id == table.c.site_id) & (visit.c.id == table.c.visit_id))
            .where(table.c.site_id == site_id, visit.c.visitor_id.in_(wanted), began.between(since, until))
        )
        found += [VisitedLead(LeadRef(kind, lead_id), *told) for lead_id, *told in connection.execute(query)]
    return found
