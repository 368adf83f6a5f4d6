"""Versions of deals."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, get_type_hints

import msgspec
from sqlalchemy import Connection, insert, select

from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.registration import Receipt
from dealtrace.deals.versions import FIRST_VERSION, DealVersion, VersionKind
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.schema.tables.deals import deal_version

_TYPES = get_type_hints(Deal)
_INSERT_VERSION = CompiledStatement(insert(deal_version))


def insert_versions(connection: Connection, site_id: int, versions: Sequence[DealVersion]) -> None:
    """Keep new versions."""
    _INSERT_VERSION.run_many(
        connection,
        [
            {
                "site_id": site_id,
                "deal_id": one.deal_id,
                "version": one.version,
                "kind": one.kind,
                "recorded_at": one.recorded_at,
                "token_id": one.token_id,
                "before": one.before,
                "after": one.after,
            }
            for one in versions
        ],
    )


def list_versions(connection: Connection, site_id: int, deal_id: int) -> list[DealVersion]:
    """List a deal's versions, the first first; their values are as JSON keeps them."""
    mine = (deal_version.c.site_id == site_id, deal_version.c.deal_id == deal_id)
    rows = connection.execute(select(deal_version).where(*mine).order_by(deal_version.c.version))
    return [
        DealVersion(
            DealId(row.deal_id),
            row.version,
            VersionKind(row.kind),
            row.recorded_at,
            row.token_id,
            row.before,
            row.after,
        )
        for row in rows
    ]


def list_versions_of(connection: Connection, site_id: int, deal_ids: Iterable[int]) -> dict[DealId, list[DealVersion]]:
    """List the versions of these deals, first ones left out, with values of a deal before and after."""
    mine = (
        deal_version.c.site_id == site_id,
        deal_version.c.deal_id.in_(sorted(set(deal_ids))),
        deal_version.c.version > FIRST_VERSION,
    )
    found: dict[DealId, list[DealVersion]] = {}
    for row in connection.execute(select(deal_version).where(*mine).order_by(deal_version.c.version)):
        told = (_values(row.before), _values(row.after))
        kind = VersionKind(row.kind)
        one = DealVersion(DealId(row.deal_id), row.version, kind, row.recorded_at, row.token_id, *told)
        found.setdefault(one.deal_id, []).append(one)
    return found


def _values(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: msgspec.convert(value, _TYPES[name]) for name, value in told.items()}


def list_receipts(connection: Connection, site_id: int, deal_ids: Iterable[int]) -> dict[int, Receipt]:
    """Find what the registrations of these deals were answered with, whatever changed since."""
    wanted = sorted(set(deal_ids))
    if not wanted:
        return {}
    rows = connection.execute(
        select(deal_version.c.deal_id, deal_version.c.after).where(
            deal_version.c.site_id == site_id,
            deal_version.c.deal_id.in_(wanted),
            deal_version.c.version == FIRST_VERSION,
        )
    )
    return {deal_id: _receipt(deal_id, after) for deal_id, after in rows}


def _receipt(deal_id: int, after: dict[str, Any]) -> Receipt:
    lead = after["lead"]
    return Receipt(
        deal_id=DealId(deal_id),
        number=after["number"],
        status=after["status"],
        amount_as_sent=after["amount_as_sent"],
        happened_at=datetime.fromisoformat(after["happened_at"]),
        lead=LeadRef(LeadKind(lead["kind"]), lead["id"]) if lead is not None else None,
    )
