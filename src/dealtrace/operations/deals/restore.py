"""Bring a deleted deal back."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.deals.deal import Deal
from dealtrace.deals.versions import DealVersion, VersionKind
from dealtrace.errors import DealNotDeleted, DealNotFound, NumberReused
from dealtrace.operations.webhooks.publish import store_versions
from dealtrace.storage.deals import deals


def restore_deal(connection: Connection, site: Site, deal_id: int, now: datetime) -> Deal:
    """Bring a deleted deal of the site back as it was, and return it.

    Raises:
        DealNotFound: the site never had such a deal.
        DealNotDeleted: it is not deleted.
        NumberReused: its number was freed by the deletion and belongs to another deal by now.
    """
    found = deals.list_deals_by_key(connection, site.id, ids=[deal_id], numbers=[], with_deleted=True)
    if not found:
        raise DealNotFound(key=f"orderId={deal_id}")
    deal = found[0]
    if deal.deleted_at is None:
        raise DealNotDeleted(deal_id=deal_id)
    holder = deals.find_registered(connection, site.id, [deal.number]).get(deal.number)
    if holder is not None:
        raise NumberReused(number=deal.number, deal_id=holder.deal_id)
    restored = replace(deal, deleted_at=None, touched_at=now, version=deal.version + 1)
    deals.stamp_deals(connection, site.id, [restored])
    version = DealVersion(
        deal.id,
        restored.version,
        VersionKind.RESTORED,
        now,
        None,
        {"deleted_at": deal.deleted_at},
        {"deleted_at": None},
    )
    store_versions(connection, site, [version])
    return restored
