"""The rules that group contacts into clients: contacts of the same lead belong to the same client.

Ours: two contacts are connected if a lead that is not deleted has both. A client has all contacts that are connected,
directly or through other contacts. So the order in which leads arrive does not matter.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum

from dealtrace.leads.email import is_filler_email
from dealtrace.record import record

SHARED_BY_MAX = 20
"""Ours: a contact belongs to a manager or an office if its leads have more than this number of other contacts."""


class UnlinkedReason(StrEnum):
    """The reason why leads with the same contact do not belong to the same client."""

    SHARED = "shared"
    FILLER = "filler"


@record
class ContactLinks:
    """A contact, its clients, and the other contacts of its leads.

    `client_id` is the client that it belongs to now, and `own_client_id` the client that it belonged to first.
    `first_lead_at` is when its earliest lead began. `other_contacts` are the other contacts of its leads.
    """

    contact: str
    client_id: int
    own_client_id: int
    first_lead_at: datetime
    other_contacts: AbstractSet[str]


@record
class ClientGroup:
    """The contacts of one client, sorted by their earliest leads.

    `client_id` is `None` if the client needs a new id; `aliases` are the ids of clients that are merged into it.
    """

    contacts: tuple[str, ...]
    client_id: int | None
    aliases: frozenset[int]


def is_filler(contact: str) -> bool:
    """Return whether a contact is a filler: an e-mail that many people type only to fill a field, such as `no@no.ru`.

    A filler belongs to no client.
    """
    return "@" in contact and is_filler_email(contact)


def is_shared(other_contacts: Iterable[str]) -> bool:
    """Return whether too many people use a contact; `other_contacts` are the other contacts of leads that have it."""
    return len(set(other_contacts)) > SHARED_BY_MAX


def owning_contact(contacts: Iterable[str], unlinked: Mapping[str, UnlinkedReason]) -> str | None:
    """Return the contact that decides which client a lead belongs to, or `None` if all its contacts are fillers.

    Contacts in `unlinked`, such as shared contacts, are chosen only if the lead has no other contact.
    """
    reasons = sorted((unlinked.get(contact) is not None, contact) for contact in contacts if not is_filler(contact))
    return reasons[0][1] if reasons else None


def group_contacts(contacts: Sequence[ContactLinks]) -> list[ClientGroup]:
    """Return the contacts grouped into clients, the group with the earliest lead first.

    A shared contact (see `is_shared`) forms a group of its own. The client id of a group is the `own_client_id` of its
    earliest contact; if later contacts have other values of `own_client_id`, these become aliases.
    If a client splits into two groups, the later group needs a new id.
    """
    components = _components({contact.contact: contact for contact in contacts})
    leading: dict[int, int] = {}
    for number, component in enumerate(components):
        free = (contact.own_client_id for contact in component if contact.own_client_id not in leading)
        if (client_id := next(free, None)) is not None:
            leading[client_id] = number
    client_ids = {number: client_id for client_id, number in leading.items()}
    taken = set(leading)
    groups: list[ClientGroup] = []
    for number, component in enumerate(components):
        aliases = {contact.own_client_id for contact in component} - taken
        taken |= aliases
        names = tuple(contact.contact for contact in component)
        groups.append(ClientGroup(names, client_ids.get(number), frozenset(aliases)))
    return groups


def _components(contacts: Mapping[str, ContactLinks]) -> list[list[ContactLinks]]:
    in_order = sorted(contacts.values(), key=lambda contact: (contact.first_lead_at, contact.contact))
    shared = {contact.contact for contact in in_order if is_shared(contact.other_contacts)}
    found: list[list[ContactLinks]] = []
    seen: set[str] = set()
    for start in in_order:
        if start.contact in seen:
            continue
        members, waiting = {start.contact}, [start]
        while waiting:
            contact = waiting.pop()
            others = set() if contact.contact in shared else contact.other_contacts & contacts.keys() - shared - members
            members |= others
            waiting.extend(contacts[other] for other in others)
        seen |= members
        found.append([contact for contact in in_order if contact.contact in members])
    return found
