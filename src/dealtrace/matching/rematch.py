"""How a new search for the lead changes an existing deal."""

from dataclasses import replace
from datetime import datetime

from dealtrace.deals.deal import Deal
from dealtrace.leads.lead import LeadRef


def rematched(
    deal: Deal, found: LeadRef | None, *, contact_matching: bool, is_gone: bool = False, now: datetime
) -> Deal:
    """Return `deal` after a new search that `found` a lead, or the same deal if its lead does not change.

    A pinned lead is kept. If contact matching is off and nothing is found, the previous lead is kept too, unless it
    `is_gone`; the setting does not apply to deals with matchers of their own.
    """
    stays = not contact_matching and not deal.matchers and not is_gone
    keeps = deal.pinned_at is not None or (found is None and stays)
    return deal if keeps or found == deal.lead else bound(deal, found, now)


def bound(deal: Deal, lead: LeadRef | None, now: datetime) -> Deal:
    """Return the next version of `deal`, matched to `lead`."""
    return replace(deal, lead=lead, touched_at=now, version=deal.version + 1)
