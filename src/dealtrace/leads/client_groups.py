"""The rules that group contacts into clients: contacts of the same lead belong to the same client.

Ours: two contacts are connected if a lead that is not deleted was sent with both, and a client is all contacts that are
connected, directly or through others. So the order of arrival never matters.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum

from dealtrace.leads.email import is_filler_email
from dealtrace.record import record

SHARED_BY_MAX = 20
"""Ours: if the leads of a contact state more other contacts than this, it belongs to a manager or an office."""


class SetApart(StrEnum):
    """The reason why a contact does not connect the leads that state it."""

    SHARED = "shared"
    FILLER = "filler"


@record
class StatedTogether:
    """A contact, its present and its first client, and the other contacts of its leads.

    `client_id` is the present client, `own_client_id` the first. `first_lead_at` is when the earliest lead began.
    `beside` are the other contacts.
    """

    contact: str
    client_id: int
    own_client_id: int
    first_lead_at: datetime
    beside: AbstractSet[str]


@record
class Group:
    """The contacts of one client; the contact of the earliest lead is first.

    `client_id` is `None` if the client needs a new id; `aliases` are ids of clients that are merged into this one.
    """

    contacts: tuple[str, ...]
    client_id: int | None
    aliases: frozenset[int]


def is_filler(contact: str) -> bool:
    """Return whether a contact is a filler: an e-mail that many people type only to fill a field, such as `no@no.ru`.

    A filler belongs to no client.
    """
    return "@" in contact and is_filler_email(contact)


def is_shared(beside: Iterable[str]) -> bool:
    """Return whether too many people share a contact; `beside` are the other contacts of its leads."""
    return len(set(beside)) > SHARED_BY_MAX


def owning_contact(contacts: Iterable[str], set_apart: Mapping[str, SetApart]) -> str | None:
    """Return the contact whose client a lead belongs to, or `None` if all contacts of the lead are fillers.

    A shared contact is chosen only if the lead has no other contact.
    """
    reasons = sorted((set_apart.get(contact) is not None, contact) for contact in contacts if not is_filler(contact))
    return reasons[0][1] if reasons else None


def group_contacts(contacts: Sequence[StatedTogether]) -> list[Group]:
    """Return the groups of these contacts, earliest lead first; a shared contact is a group of its own.

    A group gets the client id that was first assigned to the contact of its earliest lead; the ids of its other
    contacts become aliases. If a client splits into two groups, the later group needs a new id.
    """
    components = _components({contact.contact: contact for contact in contacts})
    leading: dict[int, int] = {}
    for number, component in enumerate(components):
        free = (contact.own_client_id for contact in component if contact.own_client_id not in leading)
        if (client_id := next(free, None)) is not None:
            leading[client_id] = number
    client_ids = {number: client_id for client_id, number in leading.items()}
    taken = set(leading)
    groups: list[Group] = []
    for number, component in enumerate(components):
        aliases = {contact.own_client_id for contact in component} - taken
        taken |= aliases
        names = tuple(contact.contact for contact in component)
        groups.append(Group(names, client_ids.get(number), frozenset(aliases)))
    return groups


def _components(contacts: Mapping[str, StatedTogether]) -> list[list[StatedTogether]]:
    in_order = sorted(contacts.values(), key=lambda contact: (contact.first_lead_at, contact.contact))
    shared = {contact.contact for contact in in_order if is_shared(contact.beside)}
    found: list[list[StatedTogether]] = []
    seen: set[str] = set()
    for start in in_order:
        if start.contact in seen:
            continue
        members, waiting = {start.contact}, [start]
        while waiting:
            contact = waiting.pop()
            others = set() if contact.contact in shared else contact.beside & contacts.keys() - shared - members
            members |= others
            waiting.extend(contacts[other] for other in others)
        seen |= members
        found.append([contact for contact in in_order if contact.contact in members])
    return found
