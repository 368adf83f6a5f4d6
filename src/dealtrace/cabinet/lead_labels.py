"""The labels of the two kinds of lead, and of what people did about missed calls, in English; pages translate them."""

from collections.abc import Callable, Mapping

from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.leads.ring_back import RingBack

LEAD_LABELS: Mapping[str, str] = {LeadKind.CALL: "Call", LeadKind.LEAD_REQUEST: "Lead request"}
"""The labels of the kinds of lead."""
RING_BACK_LABELS: Mapping[str, str] = {RingBack.RETURNED: "returned", RingBack.UNNEEDED: "no longer needed"}
"""The labels of what a person did about a missed call."""


def lead_name(ref: LeadRef | None, translate: Callable[[str], str]) -> str:
    """Return the name of a lead, such as “Call 17”, or the words for no lead."""
    return f"{translate(LEAD_LABELS[ref.kind])} {ref.id}" if ref is not None else translate("no lead")
