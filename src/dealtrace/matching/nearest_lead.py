"""The lead a deal grew out of, among those that share its contact."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from dealtrace.deals.lead_clue import ContactClue
from dealtrace.leads.lead import LeadKind, LeadSpan
from dealtrace.matching.window import window_of
from dealtrace.record import record


@record
class Search:
    """One step of the search: leads of one kind that share one contact."""

    contact: str
    kind: LeadKind


def searches_for(clue: ContactClue) -> Iterator[Search]:
    """Yield the steps of the search in the order they are tried; the first that finds a lead ends it.

    An e-mail is looked for among lead requests only. Unusable contacts are passed over.
    Seed: «Если параметр не передан, то поиск сначала среди звонков, потом среди заявок».
    Seed: «По переданной почте будет выполняться поиск заявки».
    Ours: the phone is tried before the e-mail, because it names a person more surely.
    """
    kinds = (clue.only_kind,) if clue.only_kind is not None else (LeadKind.CALL, LeadKind.LEAD_REQUEST)
    if clue.phone is not None and clue.phone.normal is not None:
        for kind in kinds:
            yield Search(clue.phone.normal, kind)
    if clue.email is not None and clue.email.normal is not None and LeadKind.LEAD_REQUEST in kinds:
        yield Search(clue.email.normal, LeadKind.LEAD_REQUEST)


def nearness(lead: LeadSpan) -> tuple[datetime, datetime, str, int]:
    """Tell how near a lead is among those whose windows hold a deal, the greatest being the nearest.

    The latest to begin is.
    Ours: ties go to the latest end, then the greater foreign reference, then the higher id, never to whoever arrived
    first.
    """
    return lead.started_at, lead.ended_at, lead.reference, lead.ref.id


def nearest(leads: Iterable[LeadSpan]) -> LeadSpan | None:
    """Choose the nearest of leads whose windows hold the deal."""
    return max(leads, key=nearness, default=None)


def find_lead(clue: ContactClue, happened_at: datetime, leads: Sequence[LeadSpan]) -> LeadSpan | None:
    """Find the lead that a deal of `happened_at` grew out of; `None` when no window holds it.

    Seed: «поиска ближайшего лида, связанного со сделкой по дате и времени ее создания».
    """
    for search in searches_for(clue):
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
