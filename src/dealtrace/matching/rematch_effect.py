"""The effect of matching a stored deal again."""

from dataclasses import replace
from datetime import datetime

from dealtrace.deals.deal import Deal
from dealtrace.leads.lead import LeadRef
from dealtrace.record import record


@record
class Match:
    """The match of a deal: a lead, a visit without a lead, or neither."""

    lead: LeadRef | None = None
    visit_id: int | None = None

    @classmethod
    def of(cls, deal: Deal) -> "Match":
        """Return the current match of a deal."""
        return cls(deal.lead, deal.visit_id)


UNMATCHED = Match()


def rematched(deal: Deal, found: Match, *, contact_matching: bool, keeps_lead: bool = True, now: datetime) -> Deal:
    """Return `deal` with the match `found`, or `deal` itself if its match does not change.

    A pinned lead is kept. If contact matching is off and nothing is found, the previous lead is kept too. `keeps_lead`
    is false if that lead no longer exists, or was found in a way that no longer applies. For a deal sent with
    matchers (the CRM's own ways to find the lead), the setting of contact matching does not matter.
    """
    stays = not contact_matching and not deal.matchers and keeps_lead
    keeps = deal.pinned_at is not None or (found == UNMATCHED and stays)
    return deal if keeps or found == Match.of(deal) else with_match(deal, found, now)


def with_match(deal: Deal, match: Match, now: datetime) -> Deal:
    """Return the next version of `deal`, with its match replaced by `match` at `now`."""
    return replace(deal, lead=match.lead, visit_id=match.visit_id, touched_at=now, version=deal.version + 1)
