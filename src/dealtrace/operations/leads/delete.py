"""Delete or restore calls or lead requests, and rematch the deals that may belong to them."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet

from dealtrace.deals.deal import Deal
from dealtrace.errors import LeadNotDeleted, LeadNotFound
from dealtrace.leads.arrival import contact_spans
from dealtrace.leads.call import IncomingCall
from dealtrace.leads.contact import normal_contacts
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.leads.reference_spelling import all_spellings, find_spelt
from dealtrace.operations.leads.client_groups import regroup_after_change
from dealtrace.operations.leads.clients import UnassignedLead, assign_clients, merge_and_split_clients
from dealtrace.operations.matching.rematch import LeadIdentifiers, rematch_concerned, rematch_orphaned
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.storage.id_blocks import take_ids
from dealtrace.storage.leads import contact_groups, contact_rows, deletion, leads
from dealtrace.storage.leads.file_imports import delete_taken_back_rows, has_taken_back_rows, list_taken_back_rows

TAKEN_BACK = "lead"
"""The kind of leads, both calls and lead requests, among the stored ids of rows deleted by taking an import back."""


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
    return _delete(work, ref.kind, [lead], normal_contacts(lead.phone, lead.email))


def delete_leads(work: Work, kind: LeadKind, ids: Sequence[int]) -> None:
    """Delete leads of one kind, as `delete_lead` does; leads that are deleted already stay as they are."""
    lock_registrations(work)
    known = deletion.list_deletable(work.connection, work.site.id, kind, ids)
    found = [lead for lead in known if lead.deleted_at is None]
    contacts = {contact for lead in found for contact in normal_contacts(lead.phone, lead.email)}
    if found:
        _delete(work, kind, found, contacts)


def _delete(
    work: Work, kind: LeadKind, found: Sequence[deletion.DeletableLead], contacts: Collection[str]
) -> list[Deal]:
    ids = [lead.ref.id for lead in found]
    deletion.set_deletion_times(work.connection, work.site.id, kind, ids, work.now)
    contact_rows.delete_contact_rows(work.connection, work.site.id, kind, ids)
    regroup_after_change(work, contacts)
    return rematch_orphaned(work, kind, ids)


def clear_taken_back_leads(work: Work, incoming: Sequence[IncomingCall] | Sequence[IncomingLeadRequest]) -> None:
    """Remove leads that taking an import back has deleted, and that have an identifier of an incoming lead.

    The identifiers of a lead are its id, its reference and, for a call, its SIP id. An incoming lead removes nothing if
    any of its identifiers belongs to a stored lead that was not taken back, because the incoming lead is not stored.
    """
    connection, site_id = work.connection, work.site.id
    if not has_taken_back_rows(connection, site_id, TAKEN_BACK):
        return
    holders = _list_holders(work, incoming)
    held = {lead_id for ids in holders for lead_id in ids}
    taken_back = set(list_taken_back_rows(connection, site_id, TAKEN_BACK, sorted(held)))
    freed = {lead_id for ids in holders if ids <= taken_back for lead_id in ids}
    removed = deletion.remove_deleted(connection, site_id, sorted(freed))
    delete_taken_back_rows(connection, site_id, TAKEN_BACK, removed)


def _list_holders(
    work: Work, incoming: Sequence[IncomingCall] | Sequence[IncomingLeadRequest]
) -> list[AbstractSet[int]]:
    """List, for each incoming lead, the ids of the stored leads, deleted or not, that have one of its identifiers."""
    connection, site_id = work.connection, work.site.id
    stated = [lead.id for lead in incoming if lead.id is not None]
    known = {
        lead_id
        for kind in LeadKind
        for lead_id in leads.find_known_ids(connection, site_id, kind, stated, with_deleted=True)
    }
    references = [name for lead in incoming if (name := _reference_of(lead)) is not None]
    kind = LeadKind.CALL if any(isinstance(lead, IncomingCall) for lead in incoming) else LeadKind.LEAD_REQUEST
    by_reference = leads.find_ids_by_reference(connection, site_id, kind, all_spellings(references), with_deleted=True)
    sip_ids = [sip_id for lead in incoming if (sip_id := _sip_id_of(lead)) is not None]
    by_sip_id = leads.find_ids_by_sip_id(connection, site_id, all_spellings(sip_ids))
    holders: list[AbstractSet[int]] = []
    for lead in incoming:
        names = ((by_reference, _reference_of(lead)), (by_sip_id, _sip_id_of(lead)))
        found = {find_spelt(name, by_name) for by_name, name in names if name is not None}
        found.add(lead.id if lead.id in known else None)
        holders.append({lead_id for lead_id in found if lead_id is not None})
    return holders


def _reference_of(lead: IncomingCall | IncomingLeadRequest) -> str | None:
    """Return the reference of a call, or the number of a lead request, which is its id if no number was sent."""
    if isinstance(lead, IncomingCall):
        return lead.reference
    return lead.number if lead.number is not None or lead.id is None else str(lead.id)


def _sip_id_of(lead: IncomingCall | IncomingLeadRequest) -> str | None:
    return lead.circumstances.sip_id if isinstance(lead, IncomingCall) else None


def restore_lead(work: Work, ref: LeadRef) -> list[Deal]:
    """Restore a deleted lead, and return the deals whose lead changes as a result.

    The result is the same as if the lead had never been deleted. If the lead was deleted by taking an import back,
    importing the file again no longer replaces it, even if it is deleted again.

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
    deletion.set_deletion_times(work.connection, work.site.id, ref.kind, [ref.id], None)
    delete_taken_back_rows(work.connection, work.site.id, TAKEN_BACK, [ref.id])
    if contacts:
        unassigned = UnassignedLead(ref.id, contacts, former_client_id=lead.client_id)
        assignment = assign_clients(work, [unassigned], lambda: take_ids(work.connection, 1)[0])
        contact_groups.set_clients(work.connection, work.site.id, {ref: assignment.client_ids[ref.id]})
        contact_rows.insert_spans(work.connection, work.site.id, spans)
        merge_and_split_clients(work, assignment)
    return rematch_concerned(work, [LeadIdentifiers(ref, lead.reference, spans)])
