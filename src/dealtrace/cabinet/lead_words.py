"""The names of the two kinds of lead, and of what people did about missed calls, on pages."""

from collections.abc import Mapping

from dealtrace.leads.lead import LeadKind
from dealtrace.leads.ring_back import RingBack

LEAD_WORDS: Mapping[LeadKind, str] = {LeadKind.CALL: "Call", LeadKind.LEAD_REQUEST: "Lead request"}
"""The English names of the kinds of lead; pages translate them."""
RING_BACKS: Mapping[str, str] = {RingBack.RETURNED: "returned", RingBack.UNNEEDED: "no longer needed"}
"""The English words for what a person did about a missed call; pages translate them."""
