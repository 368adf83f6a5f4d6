"""Regroup the contacts of clients after leads were stored, changed or deleted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from dealtrace.leads.client import Client, ClientId
from dealtrace.leads.client_groups import (
    ClientGroup,
    ContactLinks,
    UnlinkedReason,
    group_contacts,
    is_filler,
    is_shared,
    owning_contact,
)
from dealtrace.leads.lead import LeadRef
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.id_blocks import take_ids
from dealtrace.storage.leads import clients, contact_groups
from dealtrace.storage.leads.contact_groups import StoredContact


@record
class _Walk:
    """Clients that may have to be merged or split, given by their contacts.

    `other_contacts` has, for each contact, the other contacts of the leads that have it.
    """

    contacts: Mapping[str, StoredContact]
    other_contacts: Mapping[str, set[str]]


def regroup_clients(work: Work, client_ids: Collection[int], *, with_all_leads: bool = False) -> None:
    """Regroup the contacts of these clients, and of all clients connected to them.

    Two clients are connected if a lead has contacts of both. Deleted leads do not count; a contact that no remaining
    lead has is deleted. If a contact gets another client, its leads get that client too. With `with_all_leads`, the
    leads of unchanged contacts are also given the client of their contacts.
    """
    walk = _walk(work, client_ids)
    starts = contact_groups.find_starts(work.connection, work.site.id, walk.contacts)
    contact_groups.delete_contacts(work.connection, work.site.id, walk.contacts.keys() - starts.keys())
    fillers = [stored for name, stored in walk.contacts.items() if name in starts and is_filler(name)]
    groups = group_contacts(
        [
            ContactLinks(
                name, stored.client_id, stored.own_client_id, starts[name], walk.other_contacts.get(name, set())
            )
            for name, stored in walk.contacts.items()
            if name in starts and not is_filler(name)
        ]
    )
    changed = _store_groups(work, walk, groups)
    changed += [
        replace(stored, unlinked_reason=UnlinkedReason.FILLER) for stored in fillers if stored.unlinked_reason is None
    ]
    contact_groups.update_contacts(work.connection, work.site.id, changed)
    moved = walk.contacts.keys() & starts.keys() if with_all_leads else {stored.contact for stored in changed}
    if moved:
        _move_leads(work, moved)


def delete_unused_contacts(work: Work, contacts: Iterable[str]) -> None:
    """Delete each of these contacts that no lead has; deleted leads do not count."""
    names = set(contacts)
    if names:
        starts = contact_groups.find_starts(work.connection, work.site.id, names)
        contact_groups.delete_contacts(work.connection, work.site.id, names - starts.keys())


def regroup_after_change(work: Work, before: Iterable[str], after: Iterable[str] = ()) -> None:
    """Regroup clients after a lead's contacts changed from `before` to `after`, which is empty for a deleted lead."""
    earlier, later = ({name for name in names if not is_filler(name)} for names in (before, after))
    if max(len(earlier), len(later)) > 1:
        owners = clients.find_client_ids(work.connection, work.site.id, earlier | later)
        regroup_clients(work, set(owners.values()))
    delete_unused_contacts(work, set(before) - set(after))


def find_owned_neighbours(work: Work, contacts: Collection[str]) -> dict[str, set[str]]:
    """Find, for each of `contacts`, the other contacts of its leads; fillers, such as `no@no.ru`, are left out."""
    found = contact_groups.find_neighbours(work.connection, work.site.id, contacts)
    return {contact: {other for other in others if not is_filler(other)} for contact, others in found.items()}


def _walk(work: Work, client_ids: Collection[int]) -> _Walk:
    """Find the contacts of these clients, and of all clients that leads now connect with them."""
    reached, waiting = set(client_ids), set(client_ids)
    walked: dict[str, StoredContact] = {}
    other_contacts: dict[str, set[str]] = {}
    while waiting:
        found = {
            stored.contact: stored for stored in contact_groups.list_contacts(work.connection, work.site.id, waiting)
        }
        walked |= found
        other_contacts |= find_owned_neighbours(work, found)
        joined = {
            other
            for name in found
            if not is_filler(name) and not is_shared(other_contacts.get(name, ()))
            for other in other_contacts.get(name, ())
        }
        known = clients.find_known_contacts(work.connection, work.site.id, joined - walked.keys())
        waiting = {owner.client_id for owner in known.values() if owner.unlinked_reason is None} - reached
        reached |= waiting
    return _Walk(walked, other_contacts)


def _store_groups(work: Work, walk: _Walk, groups: Sequence[ClientGroup]) -> list[StoredContact]:
    """Store the client of each group of contacts; return the changed contacts, which the caller must store."""
    changes: list[StoredContact] = []
    fresh = iter(take_ids(work.connection, sum(group.client_id is None for group in groups)))
    for group in groups:
        client_id = group.client_id if group.client_id is not None else next(fresh)
        after = [_after(walk, name, client_id, group.aliases) for name in group.contacts]
        changed = [stored for stored in after if stored != walk.contacts[stored.contact]]
        changes += changed
        if group.client_id is None:
            clients.insert_clients(work.connection, work.site.id, [Client(ClientId(client_id), None)])
        elif changed:
            contact_groups.set_leading(work.connection, work.site.id, client_id, group.aliases)
    return changes


def _after(walk: _Walk, name: str, client_id: int, aliases: Collection[int]) -> StoredContact:
    stored = walk.contacts[name]
    own = stored.own_client_id if stored.own_client_id in aliases else client_id
    reason = UnlinkedReason.SHARED if is_shared(walk.other_contacts.get(name, ())) else None
    return StoredContact(name, client_id, own, reason)


def _move_leads(work: Work, contacts: Collection[str]) -> None:
    """Assign each lead that has one of these contacts to the client to which the lead's contacts belong.

    A lead whose only contacts are fillers (e-mails such as `no@no.ru`) gets a client of its own.
    """
    contacts_of = contact_groups.find_contacts_of_leads(work.connection, work.site.id, contacts)
    stated = {contact for names in contacts_of.values() for contact in names}
    known = clients.find_known_contacts(work.connection, work.site.id, stated)
    unlinked = {name: owner.unlinked_reason for name, owner in known.items() if owner.unlinked_reason is not None}
    current = contact_groups.find_client_of_leads(work.connection, work.site.id, contacts_of.keys())
    owners = {ref: owning_contact(names, unlinked) for ref, names in contacts_of.items()}
    moved = {ref: known[name].client_id for ref, name in owners.items() if name is not None}
    alone = sorted((ref for ref, name in owners.items() if name is None), key=lambda ref: ref.id)
    moved |= _own_clients(work, {ref: current[ref] for ref in alone})
    differing = {ref: client_id for ref, client_id in moved.items() if current[ref] != client_id}
    contact_groups.set_clients(work.connection, work.site.id, differing)


def _own_clients(work: Work, current: Mapping[LeadRef, int]) -> dict[LeadRef, int]:
    """Give each of these leads a client that it shares with no other lead; return the ids of new clients by lead.

    `current` has the present client of each lead. All leads get new clients, with one exception: if a client has no
    contacts except fillers, which people type only to fill a field, its first lead keeps it.
    """
    if not current:
        return {}
    shared = {
        stored.client_id
        for stored in contact_groups.list_contacts(work.connection, work.site.id, set(current.values()))
        if not is_filler(stored.contact)
    }
    keeping: dict[int, LeadRef] = {}
    for ref in current:
        if current[ref] not in shared:
            keeping.setdefault(current[ref], ref)
    homeless = [ref for ref in current if keeping.get(current[ref]) != ref]
    fresh = dict(zip(homeless, take_ids(work.connection, len(homeless)), strict=True))
    clients.insert_clients(work.connection, work.site.id, [Client(ClientId(owner), None) for owner in fresh.values()])
    return fresh
