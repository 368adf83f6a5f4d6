"""Find, lock and update the stored annotations of leads: manager, comment, tags and custom values."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, select, update

from dealtrace.leads.annotations import Annotations
from dealtrace.leads.lead import LeadKind, LeadRef, ids_by_kind
from dealtrace.record import record
from dealtrace.storage.database.column_types import is_among
from dealtrace.storage.database.compiled_statement import CompiledStatement, ValuesByName
from dealtrace.storage.database.many_rows import execute_many
from dealtrace.storage.leads.lead_rows import annotation_columns, annotations_from_row
from dealtrace.storage.schema.tables.leads import LEAD_TABLES

_COLUMNS = ("manager", "comment", "tags", "custom_values")
_UPDATE = {
    kind: update(table)
    .where(table.c.site_id == bindparam("of_site"), table.c.id == bindparam("of_lead"))
    .values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in _COLUMNS})
    for kind, table in LEAD_TABLES.items()
}
_FIND = {
    kind: select(table.c.id, table.c.client_id, *(table.c[name] for name in _COLUMNS)).where(
        table.c.site_id == bindparam("site_id"), is_among(table.c.id, "ids"), table.c.deleted_at.is_(None)
    )
    for kind, table in LEAD_TABLES.items()
}
_READ = {kind: CompiledStatement(query) for kind, query in _FIND.items()}
_LOCK = {kind: CompiledStatement(query.with_for_update()) for kind, query in _FIND.items()}


@record
class StoredAnnotations:
    """The id of the client of a non-deleted lead, and the lead's annotations without the stated source."""

    annotations: Annotations
    client_id: int


def find_annotations(
    connection: Connection, site_id: int, leads: Iterable[LeadRef], *, lock: bool = True
) -> dict[LeadRef, StoredAnnotations]:
    """Find the annotations of leads; unknown and deleted leads are left out.

    With `lock`, the leads are locked until the transaction ends, so that the annotations can be written back.
    """
    found: dict[LeadRef, StoredAnnotations] = {}
    for kind, ids in ids_by_kind(leads).items():
        statement = (_LOCK if lock else _READ)[kind]
        for row in statement.fetch_named(connection, {"site_id": site_id, "ids": ids}):
            found[LeadRef(kind, row.id)] = StoredAnnotations(annotations_from_row(row), row.client_id)
    return found


def update_annotations(connection: Connection, site_id: int, annotations: Mapping[LeadRef, Annotations]) -> None:
    """Replace the stored annotations of leads, except the stated source, which is not changed."""
    for kind in LeadKind:
        rows = [_row(site_id, ref.id, written) for ref, written in annotations.items() if ref.kind is kind]
        execute_many(connection, _UPDATE[kind], rows)


def _row(site_id: int, lead_id: int, annotations: Annotations) -> ValuesByName:
    columns = {f"new_{name}": value for name, value in annotation_columns(annotations).items()}
    return {"of_site": site_id, "of_lead": lead_id, **columns}
