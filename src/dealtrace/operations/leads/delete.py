"""Delete or restore a call or lead request, and rematch the deals that may belong to that lead."""

from dealtrace.deals.deal import Deal
from dealtrace.errors import LeadNotDeleted, LeadNotFound
from dealtrace.leads.arrival import contact_spans
from dealtrace.leads.contact import normal_contacts
from dealtrace.leads.lead import LeadRef
from dealtrace.operations.leads.client_groups import regroup_after_change
from dealtrace.operations.leads.clients import Newcomer, assign_clients, merge_and_split_clients
from dealtrace.operations.matching.rematch import LeadIdentifiers, rematch_concerned, rematch_orphaned
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.storage.id_blocks import take_ids
from dealtrace.storage.leads import contact_groups, contact_rows, deletion


def delete_lead(work: Work, ref: LeadRef) -> list[Deal]:
    """Delete a lead, and return the deals that now have a different lead or none.

    A deleted lead is hidden, and its reference stays in use. Deals that are pinned to the lead keep it. If only this
    lead connected the contacts of a client, the client is split.

    Raises:
        LeadNotFound: the site has no such lead, or the lead is deleted already.
    """
    lock_registrations(work)
    lead = deletion.find_deletable(work.connection, work.site.id, ref)
    if lead is None or lead.deleted_at is not None:
        raise LeadNotFound(lead_id=ref.id)
    deletion.set_deletion_time(work.connection, work.site.id, ref, work.now)
    contact_rows.delete_contact_rows(work.connection, work.site.id, ref.kind, [ref.id])
    regroup_after_change(work, normal_contacts(lead.phone, lead.email))
    return rematch_orphaned(work, ref)


def restore_lead(work: Work, ref: LeadRef) -> list[Deal]:
    """Restore a deleted lead, and return the deals whose lead changes as a result.

    The result is the same as if the lead had never been deleted.

    Raises:
        LeadNotFound: the site never had such a lead.
        LeadNotDeleted: the lead is not deleted.
    """
    lock_registrations(work)
    lead = deletion.find_deletable(work.connection, work.site.id, ref)
    if lead is None:
        raise LeadNotFound(lead_id=ref.id)
    if lead.deleted_at is None:
        raise LeadNotDeleted(lead_id=ref.id)
    contacts = normal_contacts(lead.phone, lead.email)
    spans = contact_spans(lead.ref, contacts, lead.started_at, lead.ended_at, lead.reference)
    deletion.set_deletion_time(work.connection, work.site.id, ref, None)
    if contacts:
        newcomer = Newcomer(ref.id, contacts, former_client_id=lead.client_id)
        assignment = assign_clients(work, [newcomer], lambda: take_ids(work.connection, 1)[0])
        contact_groups.set_clients(work.connection, work.site.id, {ref: assignment.client_ids[ref.id]})
        contact_rows.insert_spans(work.connection, work.site.id, spans)
        merge_and_split_clients(work, assignment)
    return rematch_concerned(work, [LeadIdentifiers(ref, lead.reference, spans)])
