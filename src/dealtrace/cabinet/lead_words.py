"""What the two kinds of lead are called on pages."""

from collections.abc import Mapping

from dealtrace.leads.lead import LeadKind

LEAD_WORDS: Mapping[LeadKind, str] = {LeadKind.CALL: "Call", LeadKind.LEAD_REQUEST: "Lead request"}
"""The words in English, which pages translate."""
