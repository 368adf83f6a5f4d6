"""Normalise the stored contacts of a site again, in chunks, after an upgrade that changed the normal form."""

from collections.abc import Sequence
from dataclasses import replace

from dealtrace.deals.deal import Deal
from dealtrace.leads.contact import normal_contacts
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.deals.rematch import Concern, rematch_concerned, rematch_deals
from dealtrace.operations.leads.arrivals import contact_spans
from dealtrace.operations.leads.client_groups import part_clients, regroup_clients
from dealtrace.operations.leads.clients import Newcomer, assign_clients, settle_clients
from dealtrace.operations.points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.deals import deals
from dealtrace.storage.id_blocks import take_ids
from dealtrace.storage.leads import contact_groups, contact_readings, contact_rows
from dealtrace.storage.leads.contact_readings import KINDS, Reading, Stage
from dealtrace.storage.leads.deletion import HideableLead

CHUNK = 500


@record
class Chunk:
    """The result of one transaction: how many rows were read, and how many contacts and deals changed."""

    read: int = 0
    contacts_changed: int = 0
    deals_changed: int = 0


def read_next_contacts(work: Work) -> Chunk | None:
    """Normalise the next stored contacts of a site again; return `None` if all are in this release's normal form.

    Leads come first, then clients, then deals; deals that may belong to a changed contact are matched again. The
    progress is stored in the same transaction, so that an interrupted run can be resumed. Registrations wait for one
    chunk at most.
    """
    lock_registrations(work)
    reading = contact_readings.find_reading(work.connection, work.site.id)
    if reading is None:
        return None
    ids = contact_readings.list_ids_after(work.connection, work.site.id, reading, CHUNK)
    chunk = _read(work, reading.stage, ids) if ids else Chunk()
    contact_readings.store_reading(work.connection, work.site.id, _next(reading, ids))
    return chunk


def _next(reading: Reading, ids: Sequence[int]) -> Reading | None:
    if ids:
        return replace(reading, last_id=ids[-1])
    stages = list(Stage)
    following = stages[stages.index(reading.stage) + 1 :]
    return Reading(following[0], 0) if following else None


def _read(work: Work, stage: Stage, ids: Sequence[int]) -> Chunk:
    if stage is Stage.CLIENTS:
        regroup_clients(work, set(ids), with_all_leads=True)
        return Chunk(len(ids))
    if stage is Stage.DEALS:
        return _read_deals(work, ids)
    return _read_leads(work, KINDS[stage], ids)


def _read_leads(work: Work, kind: LeadKind, ids: Sequence[int]) -> Chunk:
    stored = contact_rows.find_spans_of_leads(work.connection, work.site.id, kind, ids)
    concerns: list[Concern] = []
    for lead in contact_readings.list_leads(work.connection, work.site.id, kind, ids):
        before = stored.get(lead.ref.id, ())
        contacts = normal_contacts(lead.phone, lead.email)
        if {span.contact for span in before} != set(contacts):
            spans = contact_spans(lead.ref, contacts, lead.started_at, lead.ended_at, lead.reference)
            _replace_contacts(work, lead, [span.contact for span in before], contacts)
            concerns.append(Concern(lead.ref, lead.reference, (*before, *spans)))
    changed = rematch_concerned(work, concerns) if concerns else []
    return Chunk(len(ids), len(concerns), len(changed))


def _replace_contacts(work: Work, lead: HideableLead, before: Sequence[str], after: tuple[str, ...]) -> None:
    newcomer = Newcomer(lead.ref.id, after, former_client_id=lead.client_id)
    assignment = assign_clients(work, [newcomer], lambda: take_ids(work.connection, 1)[0], inherits=True)
    client_id = assignment.client_ids[lead.ref.id]
    contact_groups.set_clients(work.connection, work.site.id, {lead.ref: client_id})
    contact_rows.delete_contact_rows(work.connection, work.site.id, lead.ref.kind, [lead.ref.id])
    spans = contact_spans(lead.ref, after, lead.started_at, lead.ended_at, lead.reference)
    contact_rows.insert_spans(work.connection, work.site.id, spans)
    settle_clients(work, assignment)
    part_clients(work, before, after)
    if client_id != lead.client_id:
        left = contact_groups.find_free_clients(work.connection, work.site.id, [lead.client_id])
        contact_groups.set_aliases(work.connection, work.site.id, client_id, left)


def _read_deals(work: Work, ids: Sequence[int]) -> Chunk:
    found = deals.list_deals_by_key(work.connection, work.site.id, ids=ids, numbers=[], with_deleted=True)
    changed = [again for deal in found if (again := _with_contacts_read(deal)) != deal]
    deals.update_clues(work.connection, work.site.id, changed)
    return Chunk(len(ids), len(changed), len(rematch_deals(work, changed)))


def _with_contacts_read(deal: Deal) -> Deal:
    contact = deal.clue.contact
    if contact is None:
        return deal
    return replace(deal, clue=replace(deal.clue, contact=contact.normalised_again()))
