"""Bring a deleted deal back."""

from dataclasses import replace

from dealtrace.deals.deal import Deal
from dealtrace.deals.versions import DealVersion, VersionKind
from dealtrace.errors import DealNotDeleted, DealNotFound, NumberReused
from dealtrace.operations.webhooks.publish import store_versions
from dealtrace.operations.work import Work
from dealtrace.storage.deals import deals


def restore_deal(work: Work, deal_id: int) -> Deal:
    """Bring a deleted deal of the site back as it was, and return it.

    Raises:
        DealNotFound: the site never had such a deal.
        DealNotDeleted: it is not deleted.
        NumberReused: its number was freed by the deletion and belongs to another deal by now.
    """
    found = deals.list_deals_by_key(work.connection, work.site.id, ids=[deal_id], numbers=[], with_deleted=True)
    if not found:
        raise DealNotFound(key=f"orderId={deal_id}")
    deal = found[0]
    if deal.deleted_at is None:
        raise DealNotDeleted(deal_id=deal_id)
    holder = deals.find_registered(work.connection, work.site.id, [deal.number]).get(deal.number)
    if holder is not None:
        raise NumberReused(number=deal.number, deal_id=holder.deal_id)
    restored = replace(deal, deleted_at=None, touched_at=work.now, version=deal.version + 1)
    deals.stamp_deals(work.connection, work.site.id, [restored])
    version = DealVersion(
        deal.id,
        restored.version,
        VersionKind.RESTORED,
        work.now,
        None,
        {"deleted_at": deal.deleted_at},
        {"deleted_at": None},
    )
    store_versions(work, [version])
    return restored
