"""What is said of leads, read to be added to and kept again."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from dealtrace.leads.annotations import Remarks
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.record import record
from dealtrace.storage.schema.tables.leads import call, lead_request

_TABLES = {LeadKind.CALL: call, LeadKind.LEAD_REQUEST: lead_request}
_SAID = ("manager", "comment", "tags", "custom_values")
_UPDATE = {
    kind: update(table)
    .where(table.c.site_id == bindparam("of_site"), table.c.id == bindparam("of_lead"))
    .values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in _SAID})
    for kind, table in _TABLES.items()
}


@record
class KeptRemarks:
    """What is said of a lead that is not hidden, but for its stated source, and whose lead it is."""

    remarks: Remarks
    client_id: int


def list_remarks(connection: Connection, site_id: int, refs: Iterable[LeadRef]) -> dict[LeadRef, KeptRemarks]:
    """Find what is said of these leads, holding them for whoever comes after; unknown and hidden ones are missing."""
    wanted = set(refs)
    found: dict[LeadRef, KeptRemarks] = {}
    for kind, table in _TABLES.items():
        ids = sorted(ref.id for ref in wanted if ref.kind is kind)
        if not ids:
            continue
        told = select(table.c.id, table.c.client_id, *(table.c[name] for name in _SAID))
        mine = (table.c.site_id == site_id, table.c.id.in_(ids), table.c.deleted_at.is_(None))
        for row in connection.execute(told.where(*mine).with_for_update()):
            found[LeadRef(kind, row.id)] = KeptRemarks(_remarks(row), row.client_id)
    return found


def update_remarks(connection: Connection, site_id: int, said: Mapping[LeadRef, Remarks]) -> None:
    """Keep what is said of leads now, in place of what was said before; stated sources stay."""
    for kind in LeadKind:
        rows = [_row(site_id, ref.id, remarks) for ref, remarks in said.items() if ref.kind is kind]
        if rows:
            connection.execute(_UPDATE[kind], rows)


def _remarks(row: Any) -> Remarks:
    return Remarks(row.manager, row.comment, tuple(row.tags or ()), dict(row.custom_values or {}))


def _row(site_id: int, lead_id: int, remarks: Remarks) -> dict[str, Any]:
    return {
        "of_site": site_id,
        "of_lead": lead_id,
        "new_manager": remarks.manager,
        "new_comment": remarks.comment,
        "new_tags": list(remarks.tags) or None,
        "new_custom_values": dict(remarks.custom_values) or None,
    }
