"""How a new search for the lead changes an existing deal."""

from dataclasses import replace
from datetime import datetime

from dealtrace.deals.deal import Deal
from dealtrace.leads.lead import LeadRef
from dealtrace.record import record


@record
class Match:
    """What a deal was matched to: a lead, a visit without a lead, or nothing."""

    lead: LeadRef | None = None
    visit_id: int | None = None

    @classmethod
    def of(cls, deal: Deal) -> "Match":
        """Return what a deal is matched to at present."""
        return cls(deal.lead, deal.visit_id)


UNMATCHED = Match()


def rematched(deal: Deal, found: Match, *, contact_matching: bool, is_gone: bool = False, now: datetime) -> Deal:
    """Return `deal` after a new search that `found` a lead or a visit, or the same deal if that does not change.

    A pinned lead is kept. If contact matching is off and nothing is found, the previous lead is kept too, unless it
    `is_gone`; the setting does not apply to deals with matchers of their own.
    """
    stays = not contact_matching and not deal.matchers and not is_gone
    keeps = deal.pinned_at is not None or (found == UNMATCHED and stays)
    return deal if keeps or found == Match.of(deal) else bound(deal, found, now)


def bound(deal: Deal, match: Match, now: datetime) -> Deal:
    """Return the next version of `deal`, matched to something else."""
    return replace(deal, lead=match.lead, visit_id=match.visit_id, touched_at=now, version=deal.version + 1)
