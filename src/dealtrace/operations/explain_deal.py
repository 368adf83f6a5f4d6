"""Explain why a deal has its lead, or none."""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.deals.deal import Deal
from dealtrace.leads.lead import LeadRef
from dealtrace.matching.explanation import Step, explain_search
from dealtrace.matching.nearest_lead import searches_for
from dealtrace.operations.match_deals import Question, match_deals
from dealtrace.storage import leads

NEAR_MISS = timedelta(days=30)
"""Ours: how far outside its window a lead may lie to be shown as a near miss."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that led to a deal's lead.

    `named` is the lead its identity resolves to now, `steps` retrace the search by contact; the steps are there
    even when contact matching is off, to show what switching it on would find.
    """

    deal: Deal
    contact_matching: bool
    named: LeadRef | None
    steps: tuple[Step, ...]


def explain_deal(connection: Connection, site: Site, deal: Deal) -> Explanation:
    """Retrace how the deal's lead was looked for, by the rules that match."""
    only_identity = Question(replace(deal.clue, contact=None), deal.happened_at)
    named = match_deals(connection, site, [only_identity])[0]
    return Explanation(deal, site.contact_matching, named, tuple(_steps(connection, site, deal)))


def _steps(connection: Connection, site: Site, deal: Deal) -> list[Step]:
    contact = deal.clue.contact
    if contact is None:
        return []
    queries = [
        leads.SpanQuery(value, deal.happened_at + NEAR_MISS, deal.happened_at - contact.link_threshold - NEAR_MISS)
        for value in {search.contact for search in searches_for(contact)}
    ]
    return explain_search(contact, deal.happened_at, leads.list_spans(connection, site.id, queries))
