"""The names of the two kinds of lead on pages."""

from collections.abc import Mapping

from dealtrace.leads.lead import LeadKind

LEAD_WORDS: Mapping[LeadKind, str] = {LeadKind.CALL: "Call", LeadKind.LEAD_REQUEST: "Lead request"}
"""The English names of the kinds of lead; pages translate them."""
