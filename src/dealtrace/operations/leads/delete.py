"""Hide a call or lead request, or bring it back; the deals it concerns are matched anew."""

from dealtrace.deals.deal import Deal
from dealtrace.errors import LeadNotDeleted, LeadNotFound
from dealtrace.leads.lead import LeadRef
from dealtrace.operations.deals.rematch import Concern, rematch_concerned, rematch_orphaned
from dealtrace.operations.leads.arrivals import contact_spans, normal_contacts
from dealtrace.operations.points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.storage.leads import deletion


def delete_lead(work: Work, ref: LeadRef) -> list[Deal]:
    """Hide a lead, and return the deals that had it and are matched to another now, or to none.

    Its reference stays taken for good. A deal that a person pinned to it keeps it.

    Raises:
        LeadNotFound: the site has no such lead, or it is hidden already.
    """
    lock_registrations(work)
    lead = deletion.find_hideable(work.connection, work.site.id, ref)
    if lead is None or lead.deleted_at is not None:
        raise LeadNotFound(lead_id=ref.id)
    deletion.stamp_lead(work.connection, work.site.id, ref, work.now)
    deletion.delete_contact_rows(work.connection, work.site.id, ref)
    return rematch_orphaned(work, ref)


def restore_lead(work: Work, ref: LeadRef) -> list[Deal]:
    """Show a hidden lead again, and return the deals that are matched to it now, as if it had never been hidden.

    Raises:
        LeadNotFound: the site never had such a lead.
        LeadNotDeleted: it is not hidden.
    """
    lock_registrations(work)
    lead = deletion.find_hideable(work.connection, work.site.id, ref)
    if lead is None:
        raise LeadNotFound(lead_id=ref.id)
    if lead.deleted_at is None:
        raise LeadNotDeleted(lead_id=ref.id)
    contacts = normal_contacts(lead.phone, lead.email)
    spans = contact_spans(lead.ref, contacts, lead.started_at, lead.ended_at, lead.reference)
    deletion.stamp_lead(work.connection, work.site.id, ref, None)
    deletion.insert_spans(work.connection, work.site.id, spans)
    return rematch_concerned(work, [Concern(ref, lead.reference, spans)])
