"""Qualify leads as unique or target leads by the rules of `leads/qualification.py`, which are also stated in SQL."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    ScalarSelect,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    type_coerce,
)

from dealtrace.accounts.site import Site
from dealtrace.leads.call import Circumstances
from dealtrace.leads.lead import LeadKind, LeadRef, ids_by_kind
from dealtrace.leads.qualification import Predecessors, Qualification, is_first, is_target_call, qualification_of
from dealtrace.record import record
from dealtrace.storage.database.column_types import MICROSECOND, is_among, is_in
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.leads.call_outcomes import target_calls
from dealtrace.storage.schema.tables.leads import LEAD_STARTS, LEAD_TABLES, call, lead_request

LeadCondition = Callable[[FromClause], ColumnElement[bool]]
"""A function that returns an SQL condition on the rows of a table of leads, or of an alias of that table."""


def find_qualifications(connection: Connection, site: Site, leads: Iterable[LeadRef]) -> dict[LeadRef, Qualification]:
    """Find the qualifications of leads, by lead; unknown leads are left out."""
    ids = ids_by_kind(leads)
    return _of_calls(connection, site, ids.get(LeadKind.CALL, [])) | _of_lead_requests(
        connection, site, ids.get(LeadKind.LEAD_REQUEST, [])
    )


def _of_calls(connection: Connection, site: Site, ids: list[int]) -> dict[LeadRef, Qualification]:
    if not ids:
        return {}
    seconds = site.target_call // timedelta(seconds=1)
    rows = _CALLS.fetch(connection, {"site_id": site.id, "ids": ids, "target_seconds": seconds})
    return {
        LeadRef(LeadKind.CALL, call_id): qualification_of(
            started_at,
            Predecessors(any_at, target_at),
            site.unique_depth,
            is_target=is_target_call(
                Circumstances(is_successful=is_successful), timedelta(seconds=seconds), site.target_call
            ),
        )
        for call_id, started_at, seconds, is_successful, any_at, target_at in rows
    }


def _of_lead_requests(connection: Connection, site: Site, ids: list[int]) -> dict[LeadRef, Qualification]:
    if not ids:
        return {}
    rows = _LEAD_REQUESTS.fetch(connection, {"site_id": site.id, "ids": ids})
    return {
        LeadRef(LeadKind.LEAD_REQUEST, lead_id): qualification_of(
            requested_at, Predecessors(before_at, before_at), site.unique_depth, is_target=True
        )
        for lead_id, requested_at, _, before_at in rows
    }


def find_unique_leads(connection: Connection, site: Site, leads: Iterable[LeadRef]) -> set[LeadRef]:
    """Find which leads are unique: their client had no earlier lead, of either kind, within the site's `unique_depth`.

    `unique_depth` is the time after which a client counts as new again.
    """
    unique: set[LeadRef] = set()
    for kind, ids in ids_by_kind(leads).items():
        table = LEAD_TABLES[kind]
        before = (predecessor_at(kind, among=other) for other in LeadKind)
        rows = connection.execute(
            select(table.c.id, LEAD_STARTS[kind], *before).where(table.c.site_id == site.id, is_in(table.c.id, ids))
        )
        unique |= {
            LeadRef(kind, lead_id)
            for lead_id, started_at, *previous in rows
            if all(is_first(started_at, previous_at, site.unique_depth) for previous_at in previous)
        }
    return unique


def predecessor_at(
    kind: LeadKind, condition: LeadCondition | None = None, *, among: LeadKind | None = None
) -> ScalarSelect[datetime]:
    """Return the SQL subquery for the start of a lead's predecessor: the previous lead of the same client.

    Only non-deleted leads that meet `condition` are considered. `kind` is the kind of the lead, `among` the kind of the
    previous lead; by default, both are the same.
    """
    table, other_kind = LEAD_TABLES[kind], among if among is not None else kind
    earlier = LEAD_TABLES[other_kind].alias("earlier")
    started_at, earlier_at = LEAD_STARTS[kind], earlier.c[LEAD_STARTS[other_kind].name]
    conditions = [] if condition is None else [condition(earlier)]
    return (
        select(earlier_at)
        .where(
            earlier.c.site_id == table.c.site_id,
            earlier.c.client_id == table.c.client_id,
            tuple_(earlier_at, earlier.c.id) < tuple_(started_at, table.c.id),
            earlier.c.deleted_at.is_(None),
            *conditions,
        )
        .order_by(earlier_at.desc(), earlier.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


_CALLS = CompiledStatement(
    select(
        call.c.id,
        call.c.started_at,
        call.c.duration_seconds,
        call.c.is_successful,
        predecessor_at(LeadKind.CALL).label("any_at"),
        predecessor_at(LeadKind.CALL, target_calls(bindparam("target_seconds", type_=BigInteger))).label("target_at"),
    ).where(call.c.site_id == bindparam("site_id"), is_among(call.c.id, "ids"))
)
_LEAD_REQUESTS = CompiledStatement(
    select(
        lead_request.c.id,
        lead_request.c.requested_at,
        lead_request.c.number,  # not in the index by client, so that SQLite does not scan that whole index
        predecessor_at(LeadKind.LEAD_REQUEST).label("any_at"),
    ).where(lead_request.c.site_id == bindparam("site_id"), is_among(lead_request.c.id, "ids"))
)


def unique_leads(kind: LeadKind, site: Site) -> ColumnElement[bool]:
    """Return the SQL condition that a lead is its client's first lead; see `Qualification.is_unique`."""
    return _is_first(kind, site, predecessor_at(kind))


def target_leads(kind: LeadKind, site: Site) -> ColumnElement[bool]:
    """Return the SQL condition that a lead is a target lead; see `Qualification.is_target`."""
    return _targets(site)(LEAD_TABLES[kind]) if kind is LeadKind.CALL else true()


def unique_target_leads(kind: LeadKind, site: Site) -> ColumnElement[bool]:
    """Return the SQL condition that a lead is its client's first target lead; see `Qualification.is_unique_target`."""
    condition = _targets(site) if kind is LeadKind.CALL else None
    return and_(target_leads(kind, site), _is_first(kind, site, predecessor_at(kind, condition)))


@record
class QualifiedCount:
    """The numbers of unique leads, of target leads, and of unique target leads."""

    unique: int
    targets: int
    unique_targets: int


def count_qualified(
    connection: Connection, site: Site, kind: LeadKind, since: datetime, until: datetime
) -> QualifiedCount:
    """Count a site's unique, target and unique target leads that began at or after `since` and before `until`."""
    table, started_at = LEAD_TABLES[kind], LEAD_STARTS[kind]
    flags = (unique_leads(kind, site), target_leads(kind, site), unique_target_leads(kind, site))
    counted = select(*(func.coalesce(func.sum(case((flag, 1), else_=0)), 0) for flag in flags)).select_from(table)
    of_period = (started_at >= since, started_at < until, table.c.deleted_at.is_(None))
    row = connection.execute(counted.where(table.c.site_id == site.id, *of_period)).one()
    return QualifiedCount(*map(int, row))


def _targets(site: Site) -> LeadCondition:
    return target_calls(literal(site.target_call // timedelta(seconds=1)))


def _is_first(kind: LeadKind, site: Site, before: ScalarSelect[datetime]) -> ColumnElement[bool]:
    """Return the SQL condition that a lead's client had no earlier lead within the site's `unique_depth`.

    `before` is the start of the client's previous lead, null if there is none. `is_first` has the rule in Python.
    """
    if site.unique_depth is None:
        return before.is_(None)
    apart = type_coerce(LEAD_STARTS[kind], BigInteger) - type_coerce(before, BigInteger)
    return or_(before.is_(None), apart > site.unique_depth // MICROSECOND)
