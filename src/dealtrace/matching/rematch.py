"""What a lead that comes in later makes of a deal that was there before."""

from dataclasses import replace
from datetime import datetime

from dealtrace.deals.deal import Deal
from dealtrace.leads.lead import LeadRef


def rematched(
    deal: Deal, found: LeadRef | None, *, contact_matching: bool, is_gone: bool = False, now: datetime
) -> Deal:
    """Tell how `deal` stands once its lead was looked for anew and `found`; the same deal if nothing is different.

    A person's word stands above the rules. A site that switched contact matching off keeps what was matched, unless
    that lead is gone.
    """
    keeps = deal.pinned_at is not None or (found is None and not contact_matching and not is_gone)
    return deal if keeps or found == deal.lead else bound(deal, found, now)


def bound(deal: Deal, lead: LeadRef | None, now: datetime) -> Deal:
    """Tell how `deal` stands with another lead, as its next version."""
    return replace(deal, lead=lead, touched_at=now, version=deal.version + 1)
