"""The choice of the lead that a deal came from, among the leads that have one of its contacts."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from dealtrace.deals.lead_clue import SearchContacts
from dealtrace.leads.lead import LeadKind, LeadSpan
from dealtrace.matching.window import window_of
from dealtrace.record import record

SEARCH_ORDER = (LeadKind.CALL, LeadKind.LEAD_REQUEST)
"""The order in which the kinds of lead are searched for a phone; see the vendor's rule in `searches_for`."""


@record
class Search:
    """A search step: the kind of lead to look for, and the contact that the lead must have."""

    contact: str
    kind: LeadKind


def searches_for(clue: SearchContacts, precedence: Sequence[LeadKind] = SEARCH_ORDER) -> Iterator[Search]:
    """Yield the search steps in order; the first step that finds a lead ends the search.

    Phones are tried in the order written; all kinds of lead are searched for one phone before the next phone is tried.
    Only lead requests are searched for e-mails.
    Vendor: «Если параметр не передан, то поиск сначала среди звонков, потом среди заявок».
    Vendor: «По переданной почте будет выполняться поиск заявки».
    Ours: the phone is tried before the e-mail, because it identifies a person more reliably.
    """
    kinds = (clue.only_kind,) if clue.only_kind is not None else precedence
    for phone in clue.phone.normals if clue.phone is not None else ():
        for kind in kinds:
            yield Search(phone, kind)
    if clue.email is not None and LeadKind.LEAD_REQUEST in kinds:
        for email in clue.email.normals:
            yield Search(email, LeadKind.LEAD_REQUEST)


def searched_contacts(clue: SearchContacts) -> set[str]:
    """Return the contacts, in normal form, that the search for a deal's lead looks for."""
    return {search.contact for search in searches_for(clue)}


def nearness(lead: LeadSpan) -> tuple[datetime, datetime, str, int]:
    """Return a sort key for leads whose windows contain a deal; the nearest lead has the greatest key.

    The lead that began last is the nearest.
    Ours: ties go to the latest end, then to the greater reference, then to the higher id.
    """
    return lead.started_at, lead.ended_at, lead.reference, lead.ref.id


def nearest(leads: Iterable[LeadSpan]) -> LeadSpan | None:
    """Return the nearest of several leads whose windows contain a deal, or `None` if `leads` is empty."""
    return max(leads, key=nearness, default=None)


def find_lead(
    clue: SearchContacts,
    happened_at: datetime,
    leads: Sequence[LeadSpan],
    precedence: Sequence[LeadKind] = SEARCH_ORDER,
) -> LeadSpan | None:
    """Return the lead that a deal made at `happened_at` came from, or `None` if no lead's window contains that time.

    `precedence` is the order in which the kinds of lead are searched for a phone.
    Vendor: «поиска ближайшего лида, связанного со сделкой по дате и времени ее создания».
    """
    for search in searches_for(clue, precedence):
        found = nearest(
            lead
            for lead in leads
            if lead.contact == search.contact
            and lead.ref.kind is search.kind
            and window_of(lead, clue.link_threshold).holds(happened_at)
        )
        if found is not None:
            return found
    return None
