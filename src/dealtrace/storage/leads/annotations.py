"""What is said of leads, read to be added to and kept again."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from dealtrace.leads.annotations import Annotations
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
class StoredAnnotations:
    """What is said of a lead that is not hidden, but for its stated source, and whose lead it is."""

    annotations: Annotations
    client_id: int


def list_annotations(connection: Connection, site_id: int, refs: Iterable[LeadRef]) -> dict[LeadRef, StoredAnnotations]:
    """Find what is said of these leads, holding them for whoever comes after; unknown and hidden ones are missing."""
    wanted = set(refs)
    found: dict[LeadRef, StoredAnnotations] = {}
    for kind, table in _TABLES.items():
        ids = sorted(ref.id for ref in wanted if ref.kind is kind)
        if not ids:
            continue
        told = select(table.c.id, table.c.client_id, *(table.c[name] for name in _SAID))
        mine = (table.c.site_id == site_id, table.c.id.in_(ids), table.c.deleted_at.is_(None))
        for row in connection.execute(told.where(*mine).with_for_update()):
            found[LeadRef(kind, row.id)] = StoredAnnotations(_annotations(row), row.client_id)
    return found


def update_annotations(connection: Connection, site_id: int, said: Mapping[LeadRef, Annotations]) -> None:
    """Keep what is said of leads now, in place of what was said before; stated sources stay."""
    for kind in LeadKind:
        rows = [_row(site_id, ref.id, annotations) for ref, annotations in said.items() if ref.kind is kind]
        if rows:
            connection.execute(_UPDATE[kind], rows)


def _annotations(row: Any) -> Annotations:
    return Annotations(row.manager, row.comment, tuple(row.tags or ()), dict(row.custom_values or {}))


def _row(site_id: int, lead_id: int, annotations: Annotations) -> dict[str, Any]:
    return {
        "of_site": site_id,
        "of_lead": lead_id,
        "new_manager": annotations.manager,
        "new_comment": annotations.comment,
        "new_tags": list(annotations.tags) or None,
        "new_custom_values": dict(annotations.custom_values) or None,
    }
