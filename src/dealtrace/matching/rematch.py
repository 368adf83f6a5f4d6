"""What becomes of an existing deal when its lead is searched again."""

from dataclasses import replace
from datetime import datetime

from dealtrace.deals.deal import Deal
from dealtrace.leads.lead import LeadRef


def rematched(
    deal: Deal, found: LeadRef | None, *, contact_matching: bool, is_gone: bool = False, now: datetime
) -> Deal:
    """Return `deal` after a new search that `found` a lead, or the same deal if its lead does not change.

    A pinned lead is kept. With contact matching off the previous match is kept too, unless its lead `is_gone`;
    that switch is not for deals that state matchers of their own.
    """
    stays = not contact_matching and not deal.matchers and not is_gone
    keeps = deal.pinned_at is not None or (found is None and stays)
    return deal if keeps or found == deal.lead else bound(deal, found, now)


def bound(deal: Deal, lead: LeadRef | None, now: datetime) -> Deal:
    """Return the next version of `deal`, with another lead."""
    return replace(deal, lead=lead, touched_at=now, version=deal.version + 1)
