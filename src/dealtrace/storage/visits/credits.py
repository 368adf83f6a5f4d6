"""The credits of leads: the visits that each attribution model credits with a lead, and the shares of these visits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, insert, or_, select, true

from dealtrace.attribution.credit import WHOLE, AttributionModel, Credit, CreditKey, credit_key_of_visit
from dealtrace.attribution.origin import LeadVisit
from dealtrace.attribution.visit import Visit
from dealtrace.deals.deal import Deal, DealId
from dealtrace.leads.lead import LeadKind, LeadRef, ids_by_kind
from dealtrace.record import record
from dealtrace.storage.database.column_types import AnyElement, is_among, is_in
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.database.many_rows import execute_many
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.leads import LEAD_STARTS, LEAD_TABLES, lead_credit
from dealtrace.storage.schema.tables.visits import visit
from dealtrace.storage.visits.visits import VISIT_ROWS, find_visits, visit_from_row

HEAVIEST = 0
"""The position of a lead's largest credit under a model; credits are stored in the order of `attribution/credit.py`."""
Operand = AnyElement | int


def heaviest_of(site_id: Operand, lead_id: Operand, model: Operand) -> ColumnElement[bool]:
    """Return the SQL condition that a row of `lead_credit` is the largest credit for a lead under `model`."""
    credit = lead_credit.c
    return and_(
        credit.site_id == site_id, credit.lead_id == lead_id, credit.model == model, credit.position == HEAVIEST
    )


def credit_key_of_deal() -> ColumnElement[int]:
    """Return the SQL expression for a deal's `CreditKey`: its lead's id or, without a lead, its visit's id negated."""
    return func.coalesce(deal.c.lead_id, -deal.c.visit_id)


def is_deal_matched() -> ColumnElement[bool]:
    """Return the SQL condition that a deal has a lead or a visit, or that a source was stated for it."""
    return or_(credit_key_of_deal().is_not(None), deal.c.stated_source_id.is_not(None))


CREDITED = and_(
    visit.c.site_id == lead_credit.c.site_id, visit.c.started_at == lead_credit.c.visit_started_at,
    visit.c.id == lead_credit.c.visit_id,
)  # fmt: skip
"""The SQL condition that a row of `lead_credit` credits the row of `visit`."""
_LIST_HEAVIEST = CompiledStatement(
    VISIT_ROWS.join(lead_credit, CREDITED)
    .add_columns(lead_credit.c.lead_id)
    .where(
        lead_credit.c.site_id == bindparam("site_id"), is_among(lead_credit.c.lead_id, "lead_ids"),
        lead_credit.c.model == bindparam("model"), lead_credit.c.position == HEAVIEST,
    )
)  # fmt: skip

_LIST_CREDITS = CompiledStatement(
    VISIT_ROWS.join(lead_credit, CREDITED)
    .add_columns(lead_credit.c.lead_id, lead_credit.c.share)
    .where(
        lead_credit.c.site_id == bindparam("site_id"), is_among(lead_credit.c.lead_id, "lead_ids"),
        lead_credit.c.model == bindparam("model"),
    )
    .order_by(lead_credit.c.lead_id, lead_credit.c.position)
)  # fmt: skip

_STORED_COLUMNS = ("lead_id", "model", "position", "visit_id", "share", "traffic_source_id")
_LIST_STORED = CompiledStatement(
    select(*(lead_credit.c[name] for name in _STORED_COLUMNS)).where(
        lead_credit.c.site_id == bindparam("site_id"), is_among(lead_credit.c.lead_id, "lead_ids")
    )
)

CreditsByModel = Mapping[AttributionModel, Sequence[Credit]]


@record
class VisitedLead:
    """A lead with a visit: the lead, its start, and the id of the visit."""

    ref: LeadRef
    started_at: datetime
    visit_id: int

    @property
    def credit_key(self) -> CreditKey:
        """The key of the lead's credits, without the kind of lead: a call and a lead request never have the same id."""
        return CreditKey(self.ref.id)


@record
class MatchedVisit:
    """A visit to which deals without a lead are matched; it is credited like a lead that began with the visit."""

    visit_id: int
    started_at: datetime

    @property
    def credit_key(self) -> CreditKey:
        """The key under which the credits of the visit are stored."""
        return credit_key_of_visit(self.visit_id)


Credited = VisitedLead | MatchedVisit
"""What visits get credit for: a lead, or a visit to which deals are matched directly."""


def replace_credits(connection: Connection, site_id: int, credits_of: Mapping[CreditKey, CreditsByModel]) -> None:
    """Replace the credits of leads under every model; `credits_of` lists the credits of each model largest first.

    The source of each visit is stored with its credits, so that reports by source do not read visits. If the source of
    a visit changes, the credits of its visitor's leads must be replaced. Unchanged credits are not written.
    """
    source_ids = _find_source_ids(connection, site_id, credits_of)
    stored = _find_stored(connection, site_id, list(credits_of))
    changed = {
        key: by_model
        for key, by_model in credits_of.items()
        if stored.get(key, []) != sorted(_stored_parts(by_model, source_ids))
    }
    if earlier := [key for key in changed if key in stored]:
        mine = (lead_credit.c.site_id == site_id, is_in(lead_credit.c.lead_id, earlier))
        connection.execute(delete(lead_credit).where(*mine))
    rows = [
        {
            "site_id": site_id,
            "lead_id": key,
            "model": int(model),
            "position": position,
            "visit_id": credit.visit.id,
            "visit_started_at": credit.visit.started_at,
            "share": credit.share,
            "traffic_source_id": source_ids.get(credit.visit.id),
        }
        for key, by_model in changed.items()
        for model, credited in by_model.items()
        for position, credit in enumerate(credited)
    ]
    execute_many(connection, insert(lead_credit), rows)


_LIST_SOURCE_IDS = CompiledStatement(
    select(visit.c.id, visit.c.traffic_source_id).where(
        visit.c.site_id == bindparam("site_id"), is_among(visit.c.id, "ids")
    )
)


def _find_source_ids(
    connection: Connection, site_id: int, credits_of: Mapping[CreditKey, CreditsByModel]
) -> dict[int, int]:
    ids = {each.visit.id for by_model in credits_of.values() for shares in by_model.values() for each in shares}
    rows = _LIST_SOURCE_IDS.fetch(connection, {"site_id": site_id, "ids": sorted(ids)}) if ids else ()
    return {visit_id: source_id for visit_id, source_id in rows}  # noqa: C416 - mypy does not know that a row is a pair


_Part = tuple[int, int, int, int, int]
"""A stored credit: its model, its position, the visit's id, the share, and the source's id, 0 if unknown."""


def _find_stored(connection: Connection, site_id: int, keys: Sequence[CreditKey]) -> dict[CreditKey, list[_Part]]:
    found: dict[CreditKey, list[_Part]] = {}
    for row in _LIST_STORED.fetch(connection, {"site_id": site_id, "lead_ids": list(keys)}):
        key, model, position, visit_id, share, source_id = row
        part = (model, position, visit_id, share if share is not None else WHOLE, source_id or 0)
        found.setdefault(CreditKey(key), []).append(part)
    return {key: sorted(parts) for key, parts in found.items()}


def _stored_parts(by_model: CreditsByModel, source_ids: Mapping[int, int]) -> Iterator[_Part]:
    for model, credited in by_model.items():
        for position, credit in enumerate(credited):
            yield int(model), position, credit.visit.id, credit.share, source_ids.get(credit.visit.id, 0)


def find_credited_visits(
    connection: Connection, site_id: int, lead_ids: Sequence[int], model: AttributionModel
) -> dict[int, Visit]:
    """Find the visit with each lead's largest credit under `model`, by lead id; leads without a visit are left out."""
    if not lead_ids:
        return {}
    parameters = {"site_id": site_id, "lead_ids": list(lead_ids), "model": int(model)}
    return {lead_id: visit_from_row(row) for *row, lead_id in _LIST_HEAVIEST.fetch(connection, parameters)}


def find_lead_visits(
    connection: Connection, site_id: int, named: Mapping[int, int | None], model: AttributionModel
) -> dict[int, LeadVisit]:
    """Find, by lead id, the visit in which a lead was made, and the visit with the lead's largest credit under `model`.

    `named` maps the ids of leads to the ids of the visits in which they were made. Leads without a stored visit are
    left out.
    """
    return beside_own_visits(connection, site_id, find_credited_visits(connection, site_id, list(named), model), named)


def find_deal_visits(
    connection: Connection, site_id: int, deals: Iterable[Deal], model: AttributionModel
) -> dict[DealId, LeadVisit]:
    """Find the visits of deals that were matched to a visit instead of a lead, by deal id.

    A `LeadVisit` has the matched visit and the visit with the largest credit under `model`. Deals that are not matched
    to a stored visit are left out.
    """
    visit_ids = {deal.id: deal.visit_id for deal in deals if deal.visit_id is not None}
    if not visit_ids:
        return {}
    named = {int(credit_key_of_visit(visit_id)): visit_id for visit_id in visit_ids.values()}
    found = find_lead_visits(connection, site_id, named, model)
    keys = {deal_id: credit_key_of_visit(visit_id) for deal_id, visit_id in visit_ids.items()}
    return {deal_id: found[key] for deal_id, key in keys.items() if key in found}


def beside_own_visits(
    connection: Connection, site_id: int, credited: Mapping[int, Visit], named: Mapping[int, int | None]
) -> dict[int, LeadVisit]:
    """Return, by lead id, the visit in which each lead was made, together with the lead's visit in `credited`.

    `named` maps the ids of leads to the ids of the visits in which they were made. If such a visit is unknown or not
    stored, the credited visit is returned in its place.
    """
    own_ids = {lead_id: named.get(lead_id) or visit.id for lead_id, visit in credited.items()}
    others = find_visits(
        connection, site_id, {own_ids[lead_id] for lead_id, visit in credited.items() if own_ids[lead_id] != visit.id}
    )
    return {lead_id: LeadVisit(others.get(own_ids[lead_id], visit), visit) for lead_id, visit in credited.items()}


def find_credits_under(
    connection: Connection, site_id: int, keys: Sequence[CreditKey], model: AttributionModel
) -> dict[CreditKey, list[Credit]]:
    """Find the credits of each key under `model`, the largest credit first; keys without credits are left out."""
    found: dict[CreditKey, list[Credit]] = {}
    if keys:
        parameters = {"site_id": site_id, "lead_ids": list(keys), "model": int(model)}
        for *row, key, share in _LIST_CREDITS.fetch(connection, parameters):
            found.setdefault(CreditKey(key), []).append(
                Credit(visit_from_row(row), share if share is not None else WHOLE)
            )
    return found


def find_credits(connection: Connection, site_id: int, key: CreditKey) -> dict[AttributionModel, list[Credit]]:
    """Find the credits for a lead or a `MatchedVisit`, by attribution model, largest first."""
    credit = lead_credit.c
    mine = (credit.site_id == site_id, credit.lead_id == key)
    rows = connection.execute(
        select(credit.model, credit.visit_id, credit.share).where(*mine).order_by(credit.model, credit.position)
    ).all()
    visits = find_visits(connection, site_id, [row.visit_id for row in rows])
    shares: dict[AttributionModel, list[Credit]] = {}
    for row in rows:
        shares.setdefault(AttributionModel(row.model), []).append(
            Credit(visits[row.visit_id], row.share if row.share is not None else WHOLE)
        )
    return shares


def list_leads_of_visits(
    connection: Connection, site_id: int, visits: Sequence[Visit], lookback: timedelta
) -> list[VisitedLead]:
    """List the leads that may be credited to the given visits.

    A lead is listed if its own visit is one of `visits`. Other leads of the same visitors are listed under two
    conditions: the lead's own visit began no earlier than the earliest of `visits`, and the lead began between the
    earliest of `visits` and the time `lookback` after the latest. Visits without a visitor id are ignored.
    """
    visitors = sorted({each.visitor_id for each in visits} - {""})
    if not visitors:
        return []
    starts, ids = [each.started_at for each in visits], [each.id for each in visits]
    found: list[VisitedLead] = []
    for kind, started_at in LEAD_STARTS.items():
        follows = started_at.between(min(starts), max(starts) + lookback)
        is_concerned = and_(visit.c.started_at >= min(starts), or_(follows, is_in(visit.c.id, ids)))
        found += _list_of_visitors(connection, site_id, kind, visitors, is_concerned)
    return found


def list_matched_visits(
    connection: Connection,
    site_id: int,
    visitor_ids: Iterable[str],
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[MatchedVisit]:
    """List the given visitors' visits to which deals are matched, each visit once.

    Only visits that began between `since` and `until`, both included, are listed; `None` means no limit.
    """
    visitors = sorted(set(visitor_ids) - {""})
    if not visitors:
        return []
    is_named = and_(deal.c.site_id == visit.c.site_id, deal.c.visit_id == visit.c.id)
    named = select(visit.c.id, visit.c.started_at).join(deal, is_named)
    if since is not None:
        named = named.where(visit.c.started_at >= since)
    if until is not None:
        named = named.where(visit.c.started_at <= until)
    rows = connection.execute(named.where(visit.c.site_id == site_id, is_in(visit.c.visitor_id, visitors)).distinct())
    return [MatchedVisit(visit_id, started_at) for visit_id, started_at in rows]


def list_visited_leads(connection: Connection, site_id: int, leads: Iterable[LeadRef]) -> list[VisitedLead]:
    """List the given leads that have the id of a visit, even if that visit is not stored, in no particular order."""
    found: list[VisitedLead] = []
    for kind, ids in ids_by_kind(leads).items():
        table = LEAD_TABLES[kind]
        named = select(table.c.id, LEAD_STARTS[kind], table.c.visit_id).where(
            table.c.site_id == site_id, is_in(table.c.id, ids), table.c.visit_id.is_not(None)
        )
        found += [VisitedLead(LeadRef(kind, row[0]), row[1], row[2]) for row in connection.execute(named)]
    return found


def list_leads_of_visitors(connection: Connection, site_id: int, visitor_ids: Sequence[str]) -> list[VisitedLead]:
    """List the leads whose own visit belongs to one of the given visitors, calls first."""
    return [lead for kind in LEAD_TABLES for lead in _list_of_visitors(connection, site_id, kind, visitor_ids, true())]


def _list_of_visitors(
    connection: Connection, site_id: int, kind: LeadKind, visitors: Sequence[str], condition: ColumnElement[bool]
) -> list[VisitedLead]:
    table = LEAD_TABLES[kind]
    query = (
        select(table.c.id, LEAD_STARTS[kind], table.c.visit_id)
        .join(visit, (visit.c.site_id == table.c.site_id) & (visit.c.id == table.c.visit_id))
        .where(table.c.site_id == site_id, is_in(visit.c.visitor_id, visitors), condition)
    )
    rows = connection.execute(query)
    return [VisitedLead(LeadRef(kind, lead_id), at, visit_id) for lead_id, at, visit_id in rows]
