"""Settle a deal's lead by hand, or leave it to the rules again."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.deals.deal import Deal
from dealtrace.deals.versions import VersionKind
from dealtrace.errors import DealNotFound, DealNotPinned, LeadNotFound
from dealtrace.leads.lead import LeadRef
from dealtrace.matching.rematch import bound
from dealtrace.operations.deals.match import Question, match_deals
from dealtrace.operations.deals.rematch import rebind_deals
from dealtrace.storage.deals import deals
from dealtrace.storage.leads import leads


def pin_deal(connection: Connection, site: Site, deal_id: int, lead: LeadRef | None, now: datetime) -> Deal:
    """Bind a deal to `lead`, or to none, for good: no lead that comes in changes that. Return the deal.

    Raises:
        DealNotFound: the site has no such deal, or it is deleted.
        LeadNotFound: the site has no such lead.
    """
    deal = _find(connection, site, deal_id)
    if lead is not None and lead.id not in leads.find_known_ids(connection, site.id, lead.kind, [lead.id]):
        raise LeadNotFound(lead_id=lead.id)
    pinned = replace(bound(deal, lead, now), pinned_at=now)
    return rebind_deals(connection, site, [(deal, pinned)], VersionKind.PINNED)[0]


def unpin_deal(connection: Connection, site: Site, deal_id: int, now: datetime) -> Deal:
    """Leave a deal's lead to the rules again, which match it at once; return the deal.

    Raises:
        DealNotFound: the site has no such deal, or it is deleted.
        DealNotPinned: nobody pinned it.
    """
    deal = _find(connection, site, deal_id)
    if deal.pinned_at is None:
        raise DealNotPinned(deal_id=deal_id)
    (found,) = match_deals(connection, site, [Question(deal.clue, deal.happened_at)])
    unpinned = replace(bound(deal, found, now), pinned_at=None)
    return rebind_deals(connection, site, [(deal, unpinned)], VersionKind.UNPINNED)[0]


def _find(connection: Connection, site: Site, deal_id: int) -> Deal:
    found = deals.list_deals_by_key(connection, site.id, ids=[deal_id], numbers=[])
    if not found:
        raise DealNotFound(key=f"orderId={deal_id}")
    return found[0]
