"""Delete and restore leads; a deleted lead stays in its table and only gets a `deleted_at`."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.record import record
from dealtrace.storage.database.compiled_statement import NamedRow
from dealtrace.storage.schema.tables.leads import LEAD_TABLES


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
    """Find a lead, deleted or not, with what its deletion needs, or return `None` if the lead is unknown."""
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


def set_deletion_time(connection: Connection, site_id: int, ref: LeadRef, deleted_at: datetime | None) -> None:
    """Mark a lead as deleted at `deleted_at`, or restore it if `deleted_at` is `None`."""
    table = LEAD_TABLES[ref.kind]
    mine = update(table).where(table.c.site_id == site_id, table.c.id == ref.id)
    connection.execute(mine.values(deleted_at=deleted_at))
