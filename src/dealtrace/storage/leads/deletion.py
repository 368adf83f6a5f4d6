"""Leads as they are found to be hidden or brought back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from dealtrace.leads.lead import LeadKind, LeadRef, LeadSpan
from dealtrace.record import record
from dealtrace.storage.leads.leads import span_row
from dealtrace.storage.schema.tables.leads import call, lead_contact, lead_request

_TABLES = {LeadKind.CALL: call, LeadKind.LEAD_REQUEST: lead_request}


@record
class HideableLead:
    """What it takes to hide a lead and to find it again: when it was, its name elsewhere, the contacts as written."""

    ref: LeadRef
    started_at: datetime
    ended_at: datetime
    reference: str | None
    phone: str | None
    email: str | None
    deleted_at: datetime | None


def find_hideable(connection: Connection, site_id: int, ref: LeadRef) -> HideableLead | None:
    """Find a lead, hidden or not."""
    table = _TABLES[ref.kind]
    row = connection.execute(select(table).where(table.c.site_id == site_id, table.c.id == ref.id)).one_or_none()
    if row is None:
        return None
    if ref.kind is LeadKind.CALL:
        ended_at = row.started_at + timedelta(seconds=row.duration_seconds)
        return HideableLead(ref, row.started_at, ended_at, row.reference, row.phone, None, row.deleted_at)
    return HideableLead(ref, row.requested_at, row.requested_at, row.number, row.phone, row.email, row.deleted_at)


def stamp_lead(connection: Connection, site_id: int, ref: LeadRef, deleted_at: datetime | None) -> None:
    """Say since when a lead is hidden; `None` shows it again."""
    table = _TABLES[ref.kind]
    chosen = update(table).where(table.c.site_id == site_id, table.c.id == ref.id)
    connection.execute(chosen.values(deleted_at=deleted_at))


def delete_contact_rows(connection: Connection, site_id: int, ref: LeadRef) -> None:
    """Let matching find a lead by its contacts no more."""
    finders = lead_contact.c
    connection.execute(
        delete(lead_contact).where(finders.site_id == site_id, finders.lead_id == ref.id, finders.lead_kind == ref.kind)
    )


def insert_spans(connection: Connection, site_id: int, spans: Sequence[LeadSpan]) -> None:
    """Let matching find a lead by its contacts again."""
    if spans:
        connection.execute(insert(lead_contact), [span_row(site_id, span) for span in spans])
