"""A deal as it is exported, with its lead or visit."""

from dealtrace.attribution.origin import LeadVisit
from dealtrace.deals.deal import Deal
from dealtrace.leads.lead_summary import LeadSummary
from dealtrace.record import record


@record
class ExportedDeal:
    """A deal to export, a summary of its lead (`None` if it has no lead), and, for a deal without a lead, its visit."""

    deal: Deal
    lead_summary: LeadSummary | None
    visit: LeadVisit | None = None
