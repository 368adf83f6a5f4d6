"""Find the nearest lead: of the leads whose windows contain a deal, the one that began last."""

from collections.abc import Sequence
from datetime import datetime

from dealtrace.deals.lead_clue import SearchContacts
from dealtrace.leads.lead import LeadKind, LeadSpan
from dealtrace.matching.lead_search import SEARCH_ORDER, searches_for
from dealtrace.matching.window import nearest, window_of


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
