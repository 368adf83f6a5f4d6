"""What leads count for, told from the leads of the same clients before them."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    ScalarSelect,
    Table,
    and_,
    bindparam,
    literal,
    or_,
    select,
    true,
    tuple_,
    type_coerce,
)

from dealtrace.accounts.site import Site
from dealtrace.leads.call import Circumstances
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.qualification import Predecessors, Qualification, is_first, is_target_call, qualification_of
from dealtrace.storage.database.column_types import MICROSECOND, is_among
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.schema.tables.leads import call, lead_request


def list_qualifications(connection: Connection, site: Site, refs: Iterable[LeadRef]) -> dict[LeadRef, Qualification]:
    """Tell what each of these leads counts for; unknown ones are missing."""
    wanted: dict[LeadKind, list[int]] = {kind: [] for kind in LeadKind}
    for ref in set(refs):
        wanted[ref.kind].append(ref.id)
    return _of_calls(connection, site, wanted[LeadKind.CALL]) | _of_lead_requests(
        connection, site, wanted[LeadKind.LEAD_REQUEST]
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


def list_unique_leads(connection: Connection, site: Site, refs: Iterable[LeadRef]) -> set[LeadRef]:
    """Tell which of these leads are their client's first of either kind, within the site's depth."""
    wanted = set(refs)
    unique: set[LeadRef] = set()
    for kind, table in _TABLES.items():
        ids = sorted(ref.id for ref in wanted if ref.kind is kind)
        if ids:
            told = select(
                table.c.id, table.c[_BEGAN[table.name]], *(predecessor_at(table, among=one) for one in _KINDS)
            )
            rows = connection.execute(told.where(table.c.site_id == site.id, table.c.id.in_(ids)))
            unique |= {
                LeadRef(kind, lead_id)
                for lead_id, began_at, *before in rows
                if all(is_first(began_at, one, site.unique_depth) for one in before)
            }
    return unique


_TABLES = {LeadKind.CALL: call, LeadKind.LEAD_REQUEST: lead_request}
_KINDS = tuple(_TABLES.values())
_BEGAN = {"call": "started_at", "lead_request": "requested_at"}
Which = Callable[[FromClause], ColumnElement[bool]]


def predecessor_at(table: Table, which: Which | None = None, *, among: Table | None = None) -> ScalarSelect[Any]:
    """Ask when a lead's client last became one before, of the same kind or `among` another.

    `which` narrows those that count.
    """
    others = among if among is not None else table
    earlier = others.alias("earlier")
    began, other_began = _BEGAN[table.name], _BEGAN[others.name]
    conditions = [] if which is None else [which(earlier)]
    return (
        select(earlier.c[other_began])
        .where(
            earlier.c.site_id == table.c.site_id,
            earlier.c.client_id == table.c.client_id,
            tuple_(earlier.c[other_began], earlier.c.id) < tuple_(table.c[began], table.c.id),
            earlier.c.deleted_at.is_(None),
            *conditions,
        )
        .order_by(earlier.c[other_began].desc(), earlier.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def target_calls(target_call: timedelta) -> Which:
    """Say in SQL which calls are targets, as `leads.standing` does."""
    seconds = target_call // timedelta(seconds=1)
    return _talked_for(literal(seconds))


def _talked_for(seconds: ColumnElement[int]) -> Which:
    return lambda calls: and_(calls.c.is_successful.is_not(False), calls.c.duration_seconds >= seconds)


_CALLS = CompiledStatement(
    select(
        call.c.id,
        call.c.started_at,
        call.c.duration_seconds,
        call.c.is_successful,
        predecessor_at(call).label("any_at"),
        predecessor_at(call, _talked_for(bindparam("target_seconds", type_=BigInteger))).label("target_at"),
    ).where(call.c.site_id == bindparam("site_id"), is_among(call.c.id, "ids"))
)
_LEAD_REQUESTS = CompiledStatement(
    select(
        lead_request.c.id,
        lead_request.c.requested_at,
        lead_request.c.number,  # not in the index of clients, which SQLite would otherwise read from end to end
        predecessor_at(lead_request).label("any_at"),
    ).where(lead_request.c.site_id == bindparam("site_id"), is_among(lead_request.c.id, "ids"))
)


def unique_leads(table: Table, site: Site, which: Which | None = None) -> ColumnElement[bool]:
    """Say in SQL which leads are their clients' first, or the first that `which` tells of, as `leads.standing` does."""
    before = predecessor_at(table, which)
    if site.unique_depth is None:
        return before.is_(None)
    apart = type_coerce(table.c[_BEGAN[table.name]], BigInteger) - type_coerce(before, BigInteger)
    return or_(before.is_(None), apart > site.unique_depth // MICROSECOND)


def target_leads(table: Table, site: Site) -> ColumnElement[bool]:
    """Say in SQL which leads are targets."""
    return target_calls(site.target_call)(table) if table.name == "call" else true()


def unique_target_leads(table: Table, site: Site) -> ColumnElement[bool]:
    """Say in SQL which leads are their clients' first targets."""
    which = target_calls(site.target_call) if table.name == "call" else None
    return and_(target_leads(table, site), unique_leads(table, site, which))
