"""Leads that are deleted or restored: their rows stay and are only marked."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.record import record
from dealtrace.storage.schema.tables.leads import LEAD_TABLES


@record
class HideableLead:
    """What deleting and restoring need of a lead: when it was, its reference, and its contacts as they were sent.

    `deleted_at` is `None` while the lead is not deleted.
    """

    ref: LeadRef
    started_at: datetime
    ended_at: datetime
    reference: str | None
    phone: str | None
    email: str | None
    deleted_at: datetime | None


def find_hideable(connection: Connection, site_id: int, ref: LeadRef) -> HideableLead | None:
    """Find a lead, deleted or not."""
    table = LEAD_TABLES[ref.kind]
    row = connection.execute(select(table).where(table.c.site_id == site_id, table.c.id == ref.id)).one_or_none()
    if row is None:
        return None
    if ref.kind is LeadKind.CALL:
        ended_at = row.started_at + timedelta(seconds=row.duration_seconds)
        return HideableLead(ref, row.started_at, ended_at, row.reference, row.phone, None, row.deleted_at)
    return HideableLead(ref, row.requested_at, row.requested_at, row.number, row.phone, row.email, row.deleted_at)


def stamp_lead(connection: Connection, site_id: int, ref: LeadRef, deleted_at: datetime | None) -> None:
    """Mark a lead as deleted since an instant; `None` restores it."""
    table = LEAD_TABLES[ref.kind]
    mine = update(table).where(table.c.site_id == site_id, table.c.id == ref.id)
    connection.execute(mine.values(deleted_at=deleted_at))
