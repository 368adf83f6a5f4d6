"""Which contacts belong to one client: contacts that leads state together, directly or indirectly.

Ours: clients are the connected groups of the contacts of undeleted leads, so that the order of arrival never matters.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum

from dealtrace.leads.email import is_filler_email
from dealtrace.record import record

SHARED_BY_MAX = 20
"""Ours: a contact that leads state with more than this many others is a manager's or an office's."""


class SetApart(StrEnum):
    """Why a contact does not join clients."""

    SHARED = "shared"
    FILLER = "filler"


@record
class StatedTogether:
    """A contact, its present client, the client it was first assigned to, and the contacts that leads state with it.

    `first_lead_at` is when its earliest lead began.
    """

    contact: str
    client_id: int
    own_client_id: int
    first_lead_at: datetime
    beside: AbstractSet[str]


@record
class Group:
    """The contacts of one client, earliest lead first; its id, `None` if it needs one; the ids merged into it."""

    contacts: tuple[str, ...]
    client_id: int | None
    aliases: frozenset[int]


def is_filler(contact: str) -> bool:
    """Return whether many people type this contact to fill a field; such fillers belong to no client."""
    return "@" in contact and is_filler_email(contact)


def is_shared(beside: Iterable[str]) -> bool:
    """Return whether a contact that leads state with these other contacts is shared by too many people."""
    return len(set(beside)) > SHARED_BY_MAX


def owning_contact(contacts: Iterable[str], set_apart: Mapping[str, SetApart]) -> str | None:
    """Return the contact whose client a lead belongs to, `None` if the lead states only fillers.

    A shared contact is chosen only if there is no other: the lead then belongs to the person or office behind it.
    """
    reasons = sorted((set_apart.get(contact) is not None, contact) for contact in contacts if not is_filler(contact))
    return reasons[0][1] if reasons else None


def group_contacts(contacts: Sequence[StatedTogether]) -> list[Group]:
    """Return the groups of these contacts, earliest lead first; a shared contact is a group of its own.

    A group gets the client id first assigned to the contact of its earliest lead; its contacts' other ids become
    aliases. If one client splits into two groups, the later group needs a new id. The order of `contacts` does not
    matter.
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
