"""Assign a client to each lead by the lead's contacts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from dealtrace.leads.client import Client, ClientId
from dealtrace.leads.client_groups import SHARED_BY_MAX, is_filler, is_shared, owning_contact
from dealtrace.operations.leads.client_groups import find_owned_neighbours, regroup_clients
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.leads import clients, contact_groups
from dealtrace.storage.leads.clients import KnownContact


@record
class UnassignedLead:
    """A lead that needs a client: its contacts, the name sent for the client, and its former client, if any."""

    lead_id: int
    contacts: tuple[str, ...]
    client_name: str | None = None
    former_client_id: int | None = None


@dataclass(slots=True)
class Assignment:
    """The client id of each lead, by lead id, and the clients that `merge_and_split_clients` must check later.

    `joined` has clients that may have to be merged, because the leads connect them. The keys of `crowded` are
    contacts that may turn out to be shared by many people; the values are the clients of these contacts.
    """

    client_ids: dict[int, int] = field(default_factory=dict)
    joined: set[int] = field(default_factory=set)
    crowded: dict[str, int] = field(default_factory=dict)


def assign_clients(
    work: Work, leads: Sequence[UnassignedLead], new_id: Callable[[], int] | None = None, *, inherits: bool = False
) -> Assignment:
    """Assign a client to each lead, and store the new clients and contacts; return the assignment.

    A lead gets the client of its first known contact. Contacts that many people share, and fillers (typed only to fill
    a field), do not count. The lead's unknown contacts are added to this client. A client keeps the first name that is
    sent. A lead without a known contact keeps its former client if that client has no contacts now or `inherits`
    is true. `new_id` returns an id for a new client; by default, ids are taken from `work`.
    """
    take_id = new_id if new_id is not None else work.ids.take
    owners = clients.find_known_contacts(work.connection, work.site.id, _contacts_of(leads))
    former = {lead.former_client_id for lead in leads if lead.former_client_id is not None}
    free = former if inherits else contact_groups.find_free_clients(work.connection, work.site.id, former)
    new_contacts: dict[str, int] = {}
    new_clients: list[int] = []
    names: dict[int, str] = {}
    assignment = Assignment()
    for lead in leads:
        client_id = _known_client(lead, owners)
        if client_id is None and lead.former_client_id in free:
            client_id = lead.former_client_id
            free.discard(client_id)
        if client_id is None:
            client_id = take_id()
            new_clients.append(client_id)
        _note(assignment, lead, owners, client_id)
        unknown = [contact for contact in lead.contacts if contact not in owners]
        owners |= {contact: KnownContact(client_id, None) for contact in unknown}
        new_contacts |= dict.fromkeys(unknown, client_id)
        if lead.client_name:
            names.setdefault(client_id, lead.client_name)
    stored = [Client(ClientId(client_id), names.pop(client_id, None)) for client_id in new_clients]
    clients.insert_clients(work.connection, work.site.id, stored)
    clients.insert_contacts(work.connection, work.site.id, new_contacts, work.now)
    clients.name_unnamed_clients(work.connection, work.site.id, names)
    return assignment


def merge_and_split_clients(work: Work, assignment: Assignment) -> None:
    """Merge and split clients of `assignment` where needed; call this after the leads are stored.

    For most leads, this needs no query.
    """
    joined = set(assignment.joined)
    waiting = {contact: owner for contact, owner in assignment.crowded.items() if owner not in joined}
    sizes = contact_groups.count_contacts(work.connection, work.site.id, set(waiting.values()))
    large = [contact for contact, owner in waiting.items() if sizes.get(owner, 0) > SHARED_BY_MAX]
    if large:
        beside = find_owned_neighbours(work, large)
        joined |= {waiting[contact] for contact, others in beside.items() if is_shared(others)}
    if joined:
        regroup_clients(work, joined)


def _contacts_of(leads: Iterable[UnassignedLead]) -> list[str]:
    return [contact for lead in leads for contact in lead.contacts]


def _known_client(lead: UnassignedLead, owners: dict[str, KnownContact]) -> int | None:
    """Return the client of a lead's first known contact that counts, or `None` if there is no such contact.

    Fillers, which are e-mails such as `no@no.ru`, do not count. A shared contact, which too many people use, counts
    only if all contacts of the lead are shared contacts or fillers.
    """
    usable = [contact for contact in lead.contacts if not is_filler(contact)]
    joining = [contact for contact in usable if contact in owners and owners[contact].unlinked_reason is None]
    if joining:
        return owners[joining[0]].client_id
    if any(contact not in owners for contact in usable):
        return None
    shared = {contact: reason for contact in usable if (reason := owners[contact].unlinked_reason) is not None}
    owning = owning_contact(usable, shared)
    return owners[owning].client_id if owning is not None else None


def _note(assignment: Assignment, lead: UnassignedLead, owners: dict[str, KnownContact], client_id: int) -> None:
    assignment.client_ids[lead.lead_id] = client_id
    if len(lead.contacts) == 1:
        return
    usable = [contact for contact in lead.contacts if not is_filler(contact)]
    known = {contact: owners[contact] for contact in usable if contact in owners}
    joining = {owner.client_id for owner in known.values() if owner.unlinked_reason is None}
    is_beside_shared = bool(joining) and any(owner.unlinked_reason is not None for owner in known.values())
    if len(joining) > 1 or is_beside_shared or len(usable) > SHARED_BY_MAX:
        assignment.joined |= joining or {client_id}
    elif known and len(usable) > 1:
        assignment.crowded |= dict.fromkeys(usable, client_id)
