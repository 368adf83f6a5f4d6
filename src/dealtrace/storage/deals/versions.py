"""Versions of deals: the fields that each change wrote, and the response to the registration of each deal."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, get_type_hints

import msgspec
from sqlalchemy import Connection, Text, case, func, insert, select, type_coerce

from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.details import DealDetails
from dealtrace.deals.lead_clue import SearchContacts
from dealtrace.deals.matchers import Matcher
from dealtrace.deals.registration import Receipt
from dealtrace.deals.versions import FIRST_VERSION, DealVersion, Fields, VersionKind
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.storage.database.column_types import is_in
from dealtrace.storage.database.compiled_statement import CompiledStatement, NamedRow
from dealtrace.storage.schema.tables.deals import deal_version

_TYPES = get_type_hints(Deal)
_CALLER_COLUMNS = [column.name for column in deal_version.c if column is not deal_version.c.user_id]
_INSERT_VERSION = CompiledStatement(insert(deal_version), columns=_CALLER_COLUMNS)
"""The insert of versions made by API clients or by matching; it omits `user_id`, which only cabinet changes have."""
_INSERT_VERSION_OF_USER = CompiledStatement(insert(deal_version))


def insert_versions(connection: Connection, site_id: int, versions: Sequence[DealVersion]) -> None:
    """Store new versions of deals."""
    of_users = any(new.user_id is not None for new in versions)
    statement = _INSERT_VERSION_OF_USER if of_users else _INSERT_VERSION
    statement.run_many(
        connection,
        [
            {
                "site_id": site_id,
                "deal_id": new.deal_id,
                "version": new.version,
                "kind": new.kind,
                "recorded_at": new.recorded_at,
                "token_id": new.token_id,
                "user_id": new.user_id,
                "before": new.before,
                "after": new.after,
            }
            for new in versions
        ],
    )


def list_versions(connection: Connection, site_id: int, deal_id: int) -> list[DealVersion]:
    """List the versions of a deal, oldest first, with values as in JSON."""
    return find_versions(connection, site_id, [DealId(deal_id)]).get(DealId(deal_id), [])


def list_versions_with_state(
    connection: Connection, site_id: int, deal_id: int, numbers: range, names: Sequence[str]
) -> list[DealVersion]:
    """List the versions of a deal with these numbers, oldest first, and before them the version that precedes them.

    In the preceding version, `after` contains the values that all fields in `names` had at that time, including values
    that earlier versions wrote. A reader of the list therefore needs no earlier versions.
    """
    mine = (deal_version.c.site_id == site_id, deal_version.c.deal_id == deal_id)
    wanted = deal_version.c.version.between(numbers.start - 1, numbers.stop - 1)
    rows = connection.execute(select(deal_version).where(*mine, wanted).order_by(deal_version.c.version))
    versions = [_version_from_row(row, row.before, row.after) for row in rows]
    if not versions or numbers.start <= FIRST_VERSION + 1:
        return versions
    first = versions[0]
    state = {**_fields_until(connection, site_id, first, names), **first.after}
    return [replace(first, after=state), *versions[1:]]


def _fields_until(connection: Connection, site_id: int, version: DealVersion, names: Sequence[str]) -> Fields:
    """Return the last values of the fields `names` before a version, as in JSON.

    The versions that wrote these values are found by a search for the names in the JSON text, which is fast. If such a
    version does not have the field, because a custom field has the same name, all versions are read.
    """
    mine = (
        deal_version.c.site_id == site_id,
        deal_version.c.deal_id == version.deal_id,
        deal_version.c.version < version.version,
    )
    text = type_coerce(deal_version.c.after, Text)
    last = [func.max(case((text.contains(f'"{name}":', autoescape=True), deal_version.c.version))) for name in names]
    found = dict(zip(names, connection.execute(select(*last).where(*mine)).one(), strict=True))
    written = is_in(deal_version.c.version, sorted({number for number in found.values() if number is not None}))
    stored = select(deal_version.c.version, deal_version.c.after).where(*mine, written)
    after = {row.version: row.after for row in connection.execute(stored)}
    if all(number is None or name in after[number] for name, number in found.items()):
        return {name: after[number][name] for name, number in found.items() if number is not None}
    fields: dict[str, Any] = {}  # Any: each field has values of its own type
    for earlier in list_versions(connection, site_id, version.deal_id):
        if earlier.version < version.version:
            fields |= earlier.after
    return {name: value for name, value in fields.items() if name in names}


def find_versions(connection: Connection, site_id: int, deal_ids: Sequence[DealId]) -> dict[DealId, list[DealVersion]]:
    """Find the versions of deals by deal id, oldest first, with values as in JSON."""
    mine = (deal_version.c.site_id == site_id, is_in(deal_version.c.deal_id, deal_ids))
    found: dict[DealId, list[DealVersion]] = {}
    for row in connection.execute(select(deal_version).where(*mine).order_by(deal_version.c.version)):
        found.setdefault(DealId(row.deal_id), []).append(_version_from_row(row, row.before, row.after))
    return found


def find_later_versions(
    connection: Connection, site_id: int, deal_ids: Iterable[int]
) -> dict[DealId, list[DealVersion]]:
    """Find the second and later versions of deals, by deal id, oldest first; values are typed as in `Deal`."""
    mine = (
        deal_version.c.site_id == site_id,
        is_in(deal_version.c.deal_id, sorted(set(deal_ids))),
        deal_version.c.version > FIRST_VERSION,
    )
    found: dict[DealId, list[DealVersion]] = {}
    for row in connection.execute(select(deal_version).where(*mine).order_by(deal_version.c.version)):
        version = _version_from_row(row, _typed(row.before), _typed(row.after))
        found.setdefault(version.deal_id, []).append(version)
    return found


def find_receipts(connection: Connection, site_id: int, deal_ids: Iterable[int]) -> dict[int, Receipt]:
    """Find the responses to the registrations of deals, by deal id; later changes do not alter the responses."""
    return {deal_id: _receipt(deal_id, after) for deal_id, after in _first_fields(connection, site_id, deal_ids)}


def find_registered_contacts(
    connection: Connection, site_id: int, deal_ids: Iterable[int]
) -> dict[DealId, SearchContacts | None]:
    """Find the contacts with which deals were registered, by deal id; deals of the 2.0 API are left out."""
    registered = {
        DealId(deal_id): msgspec.convert(after["clue"]["contact"], SearchContacts | None)
        for deal_id, after in _first_fields(connection, site_id, deal_ids)
        if "matchers" not in after
    }
    return {deal_id: contact and contact.normalised_again() for deal_id, contact in registered.items()}


def _first_fields(connection: Connection, site_id: int, deal_ids: Iterable[int]) -> list[tuple[int, Fields]]:
    """List pairs of a deal's id and the fields of its first version; the values of the fields are in JSON form."""
    keys = sorted(set(deal_ids))
    if not keys:
        return []
    rows = connection.execute(
        select(deal_version.c.deal_id, deal_version.c.after).where(
            deal_version.c.site_id == site_id,
            is_in(deal_version.c.deal_id, keys),
            deal_version.c.version == FIRST_VERSION,
        )
    )
    return [(deal_id, after) for deal_id, after in rows]


def _version_from_row(row: NamedRow, before: Fields, after: Fields) -> DealVersion:
    kind = VersionKind(row.kind)
    return DealVersion(
        DealId(row.deal_id), row.version, kind, row.recorded_at, row.token_id, before, after, row.user_id
    )


def details_from_json(value: object) -> DealDetails:
    """Return the details of a deal, converted from the JSON value in a version; `None` means no details."""
    return msgspec.convert(value or {}, DealDetails)


def matchers_from_json(value: object) -> tuple[Matcher, ...]:
    """Return the matchers of a deal (conditions that find a lead), converted from JSON; `None` means no matchers."""
    return msgspec.convert(value or (), tuple[Matcher, ...])


def _typed(stored: Fields) -> Fields:
    """Return stored fields with the types of `Deal`; null custom values become an empty mapping."""
    typed = {name: msgspec.convert(value, _TYPES[name]) for name, value in stored.items()}
    return typed | {"custom_values": typed["custom_values"] or {}} if "custom_values" in typed else typed


def _receipt(deal_id: int, after: Fields) -> Receipt:
    lead = after["lead"]
    return Receipt(
        deal_id=DealId(deal_id),
        number=after["number"],
        status=after["status"],
        amount_as_sent=after["amount_as_sent"],
        happened_at=datetime.fromisoformat(after["happened_at"]),
        lead=LeadRef(LeadKind(lead["kind"]), lead["id"]) if lead is not None else None,
        matcher=after.get("matcher"),
        visit_id=after.get("visit_id"),
    )
