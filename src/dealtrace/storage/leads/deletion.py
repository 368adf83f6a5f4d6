"""Delete and restore leads; a deleted lead stays in its table with a `deleted_at`, until an import replaces it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.record import record
from dealtrace.storage.database.column_types import is_in
from dealtrace.storage.database.compiled_statement import NamedRow
from dealtrace.storage.schema.tables.leads import LEAD_TABLES, lead_credit, lead_version


@record
class DeletableLead:
    """A lead, deleted or not, with the fields that deleting and restoring need."""

    ref: LeadRef
    started_at: datetime
    ended_at: datetime
    reference: str | None
    phone: str | None
    email: str | None
    client_id: int
    deleted_at: datetime | None


def find_deletable(connection: Connection, site_id: int, ref: LeadRef) -> DeletableLead | None:
    """Find a lead, deleted or not, with the fields that its deletion needs; return `None` if the lead is unknown."""
    table = LEAD_TABLES[ref.kind]
    row = connection.execute(select(table).where(table.c.site_id == site_id, table.c.id == ref.id)).one_or_none()
    return deletable_from_row(ref.kind, row) if row is not None else None


def deletable_from_row(kind: LeadKind, row: NamedRow) -> DeletableLead:
    """Return the lead in a row of the table of calls or of lead requests."""
    ref = LeadRef(kind, row.id)
    if kind is LeadKind.CALL:
        ended_at = row.started_at + timedelta(seconds=row.duration_seconds)
        return DeletableLead(
            ref, row.started_at, ended_at, row.reference, row.phone, None, row.client_id, row.deleted_at
        )
    return DeletableLead(
        ref, row.requested_at, row.requested_at, row.number, row.phone, row.email, row.client_id, row.deleted_at
    )


def list_deletable(connection: Connection, site_id: int, kind: LeadKind, ids: Sequence[int]) -> list[DeletableLead]:
    """List leads of a kind, deleted or not, with the fields that their deletion needs; unknown ids are left out."""
    table = LEAD_TABLES[kind]
    rows = connection.execute(select(table).where(table.c.site_id == site_id, is_in(table.c.id, ids)))
    return [deletable_from_row(kind, row) for row in rows]


def set_deletion_times(
    connection: Connection, site_id: int, kind: LeadKind, ids: Sequence[int], deleted_at: datetime | None
) -> None:
    """Mark leads of a kind as deleted at `deleted_at`, or restore them if `deleted_at` is `None`."""
    table = LEAD_TABLES[kind]
    theirs = update(table).where(table.c.site_id == site_id, is_in(table.c.id, ids))
    connection.execute(theirs.values(deleted_at=deleted_at))


def remove_deleted(connection: Connection, site_id: int, ids: Sequence[int]) -> list[int]:
    """Erase the leads among `ids` that are marked as deleted, with all their data, and return their ids.

    Their ids and references can then be used again.
    """
    removed: list[int] = []
    for table in LEAD_TABLES.values() if ids else ():
        theirs = (table.c.site_id == site_id, is_in(table.c.id, ids), table.c.deleted_at.is_not(None))
        removed += connection.execute(select(table.c.id).where(*theirs)).scalars()
        connection.execute(delete(table).where(*theirs))
    for table in (lead_version, lead_credit) if removed else ():
        connection.execute(delete(table).where(table.c.site_id == site_id, is_in(table.c.lead_id, removed)))
    return removed
