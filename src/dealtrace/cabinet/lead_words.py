"""The names of the two kinds of lead, and of what people did about missed calls, on pages."""

from collections.abc import Callable, Mapping

from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.ring_back import RingBack

LEAD_WORDS: Mapping[str, str] = {LeadKind.CALL: "Call", LeadKind.LEAD_REQUEST: "Lead request"}
"""The English names of the kinds of lead; pages translate them."""
RING_BACKS: Mapping[str, str] = {RingBack.RETURNED: "returned", RingBack.UNNEEDED: "no longer needed"}
"""The English words for what a person did about a missed call; pages translate them."""


def lead_name(ref: LeadRef | None, translate: Callable[[str], str]) -> str:
    """Return the name of a lead, such as “Call 17”, or the words for no lead."""
    return f"{translate(LEAD_WORDS[ref.kind])} {ref.id}" if ref is not None else translate("no lead")
