"""Normalise the stored contacts of a site again, in chunks, after an upgrade that changed the normal form."""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.deals.deal import Deal
from dealtrace.leads.arrival import contact_spans
from dealtrace.leads.contact import normal_contacts
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.leads.client_groups import regroup_after_change, regroup_clients
from dealtrace.operations.leads.clients import UnassignedLead, assign_clients, merge_and_split_clients
from dealtrace.operations.matching.rematch import LeadIdentifiers, rematch_concerned, rematch_deals
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.deals import deals
from dealtrace.storage.id_blocks import take_ids
from dealtrace.storage.leads import contact_groups, contact_rows, normalisation_progress
from dealtrace.storage.leads.deletion import DeletableLead
from dealtrace.storage.leads.normalisation_progress import KINDS, NormalisationProgress, Stage

CHUNK = 500


@record
class ContactChunk:
    """The result of one transaction: how many rows were read, and how many contacts and deals changed."""

    read: int = 0
    contacts_changed: int = 0
    deals_changed: int = 0


def renormalise_next_contacts(work: Work) -> ContactChunk | None:
    """Normalise the next stored contacts of a site again; return `None` if all are in this release's normal form.

    Leads come first, then clients, then deals; deals that may belong to a changed contact are matched again. The
    progress is stored in the same transaction, so that an interrupted run can be resumed. Registrations wait for one
    chunk at most.
    """
    lock_registrations(work)
    progress = normalisation_progress.find_progress(work.connection, work.site.id)
    if progress is None:
        return None
    ids = normalisation_progress.list_ids_after(work.connection, work.site.id, progress, CHUNK)
    chunk = _read(work, progress.stage, ids) if ids else ContactChunk()
    normalisation_progress.store_progress(work.connection, work.site.id, _next(progress, ids))
    return chunk


def _next(progress: NormalisationProgress, ids: Sequence[int]) -> NormalisationProgress | None:
    if ids:
        return replace(progress, last_id=ids[-1])
    stages = list(Stage)
    following = stages[stages.index(progress.stage) + 1 :]
    return NormalisationProgress(following[0], 0) if following else None


def _read(work: Work, stage: Stage, ids: Sequence[int]) -> ContactChunk:
    if stage is Stage.CLIENTS:
        regroup_clients(work, set(ids), with_all_leads=True)
        return ContactChunk(len(ids))
    if stage is Stage.DEALS:
        return _read_deals(work, ids)
    return _read_leads(work, KINDS[stage], ids)


def _read_leads(work: Work, kind: LeadKind, ids: Sequence[int]) -> ContactChunk:
    stored = contact_rows.find_spans_of_leads(work.connection, work.site.id, kind, ids)
    changed_leads: list[LeadIdentifiers] = []
    for lead in normalisation_progress.list_leads(work.connection, work.site.id, kind, ids):
        before = stored.get(lead.ref.id, ())
        contacts = normal_contacts(lead.phone, lead.email)
        if {span.contact for span in before} != set(contacts):
            spans = contact_spans(lead.ref, contacts, lead.started_at, lead.ended_at, lead.reference)
            _replace_contacts(work, lead, [span.contact for span in before], contacts)
            changed_leads.append(LeadIdentifiers(lead.ref, lead.reference, (*before, *spans)))
    changed = rematch_concerned(work, changed_leads) if changed_leads else []
    return ContactChunk(len(ids), len(changed_leads), len(changed))


def _replace_contacts(work: Work, lead: DeletableLead, before: Sequence[str], after: tuple[str, ...]) -> None:
    unassigned = UnassignedLead(lead.ref.id, after, former_client_id=lead.client_id)
    assignment = assign_clients(work, [unassigned], lambda: take_ids(work.connection, 1)[0], inherits=True)
    client_id = assignment.client_ids[lead.ref.id]
    contact_groups.set_clients(work.connection, work.site.id, {lead.ref: client_id})
    contact_rows.delete_contact_rows(work.connection, work.site.id, lead.ref.kind, [lead.ref.id])
    spans = contact_spans(lead.ref, after, lead.started_at, lead.ended_at, lead.reference)
    contact_rows.insert_spans(work.connection, work.site.id, spans)
    merge_and_split_clients(work, assignment)
    regroup_after_change(work, before, after)
    if client_id != lead.client_id:
        left = contact_groups.find_free_clients(work.connection, work.site.id, [lead.client_id])
        contact_groups.set_aliases(work.connection, work.site.id, client_id, left)


def _read_deals(work: Work, ids: Sequence[int]) -> ContactChunk:
    found = deals.list_deals_by_key(work.connection, work.site.id, ids=ids, numbers=[], with_deleted=True)
    changed = [again for deal in found if (again := _with_contacts_read(deal)) != deal]
    deals.update_clues(work.connection, work.site.id, changed)
    return ContactChunk(len(ids), len(changed), len(rematch_deals(work, changed)))


def _with_contacts_read(deal: Deal) -> Deal:
    contact = deal.clue.contact
    if contact is None:
        return deal
    return replace(deal, clue=replace(deal.clue, contact=contact.normalised_again()))
