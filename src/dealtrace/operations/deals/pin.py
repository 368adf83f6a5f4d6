"""Pin a deal to a lead that a person chose, or unpin it, so that the matching rules choose its lead again."""

from dataclasses import replace

from dealtrace.deals.deal import Deal
from dealtrace.deals.versions import VersionKind
from dealtrace.errors import DealNotPinned, LeadNotFound
from dealtrace.leads.lead import LeadRef
from dealtrace.matching.rematch_effect import Match, with_match
from dealtrace.operations.deals.find import find_deal
from dealtrace.operations.matching.match import DealToMatch, match_with_reasons
from dealtrace.operations.matching.rematch import rebind_deals
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.storage.leads import leads


def pin_deal(work: Work, deal_id: int, lead: LeadRef | None, *, user_id: int | None = None) -> Deal:
    """Pin a deal to `lead`, or to no lead if `lead` is `None`, and return the deal.

    Leads that arrive later do not change the lead of a pinned deal. A deal that is already pinned to this lead is
    returned unchanged.

    Raises:
        DealNotFound: the site has no such deal, or it is deleted.
        LeadNotFound: the site has no such lead.
    """
    lock_registrations(work)
    deal = find_deal(work.connection, work.site, deal_id)
    if lead is not None and lead.id not in leads.find_known_ids(work.connection, work.site.id, lead.kind, [lead.id]):
        raise LeadNotFound(lead_id=lead.id)
    if deal.pinned_at is not None and Match.of(deal) == Match(lead):
        return deal
    pinned = replace(with_match(deal, Match(lead), work.now), pinned_at=work.now)
    return rebind_deals(work, [(deal, pinned)], VersionKind.PINNED, user_id=user_id)[0]


def unpin_deal(work: Work, deal_id: int, *, user_id: int | None = None) -> Deal:
    """Unpin a deal, so that the rules match it now and whenever leads arrive, and return the deal.

    Raises:
        DealNotFound: the site has no such deal, or it is deleted.
        DealNotPinned: the deal is not pinned.
    """
    lock_registrations(work)
    deal = find_deal(work.connection, work.site, deal_id)
    if deal.pinned_at is None:
        raise DealNotPinned(deal_id=deal_id)
    (decision,) = match_with_reasons(work.connection, work.site, [DealToMatch.of(deal)])
    unpinned = replace(with_match(deal, decision.match, work.now), pinned_at=None)
    return rebind_deals(work, [(deal, unpinned)], VersionKind.UNPINNED, user_id=user_id)[0]
