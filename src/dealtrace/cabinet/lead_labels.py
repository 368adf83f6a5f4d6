"""The labels of the two kinds of lead, and of what people did about missed calls, in English; pages translate them."""

from collections.abc import Mapping

from dealtrace.leads.lead import LeadKind
from dealtrace.leads.ring_back import RingBack

LEAD_LABELS: Mapping[LeadKind, str] = {LeadKind.CALL: "Call", LeadKind.LEAD_REQUEST: "Lead request"}
"""The labels of the kinds of lead."""
RING_BACK_LABELS: Mapping[str, str] = {RingBack.RETURNED: "returned", RingBack.UNNEEDED: "no longer needed"}
"""The labels of what a person did about a missed call."""
