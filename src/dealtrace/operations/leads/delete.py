"""Hide a call or lead request, or bring it back; the deals it concerns are matched anew."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.deals.deal import Deal
from dealtrace.errors import LeadNotDeleted, LeadNotFound
from dealtrace.leads.contact import normal_email, normal_phone
from dealtrace.leads.lead import LeadRef, LeadSpan
from dealtrace.operations.deals.rematch import Concern, rematch_concerned, rematch_orphaned
from dealtrace.operations.points import lock_registrations
from dealtrace.storage.leads import contact_rows, deletion
from dealtrace.storage.leads.deletion import HideableLead


def delete_lead(connection: Connection, site: Site, ref: LeadRef, now: datetime) -> list[Deal]:
    """Hide a lead, and return the deals that had it and are matched to another now, or to none.

    Its reference stays taken for good. A deal that a person pinned to it keeps it.

    Raises:
        LeadNotFound: the site has no such lead, or it is hidden already.
    """
    lock_registrations(connection, site, now)
    lead = deletion.find_hideable(connection, site.id, ref)
    if lead is None or lead.deleted_at is not None:
        raise LeadNotFound(lead_id=ref.id)
    deletion.stamp_lead(connection, site.id, ref, now)
    contact_rows.delete_contact_rows(connection, site.id, ref)
    return rematch_orphaned(connection, site, ref, now)


def restore_lead(connection: Connection, site: Site, ref: LeadRef, now: datetime) -> list[Deal]:
    """Show a hidden lead again, and return the deals that are matched to it now, as if it had never been hidden.

    Raises:
        LeadNotFound: the site never had such a lead.
        LeadNotDeleted: it is not hidden.
    """
    lock_registrations(connection, site, now)
    lead = deletion.find_hideable(connection, site.id, ref)
    if lead is None:
        raise LeadNotFound(lead_id=ref.id)
    if lead.deleted_at is None:
        raise LeadNotDeleted(lead_id=ref.id)
    spans = _spans(lead)
    deletion.stamp_lead(connection, site.id, ref, None)
    contact_rows.insert_spans(connection, site.id, spans)
    return rematch_concerned(connection, site, [Concern(ref, lead.reference, spans)], now)


def _spans(lead: HideableLead) -> tuple[LeadSpan, ...]:
    phone = normal_phone(lead.phone) if lead.phone is not None else None
    email = normal_email(lead.email) if lead.email is not None else None
    return tuple(
        LeadSpan(lead.ref, contact, lead.started_at, lead.ended_at, lead.reference or "")
        for contact in (phone, email)
        if contact is not None
    )
