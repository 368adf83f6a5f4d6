"""Restore a deleted deal."""

from dealtrace.deals.deal import Deal
from dealtrace.deals.versions import VersionKind, next_version
from dealtrace.errors import DealNotDeleted, NumberReused
from dealtrace.operations.deals.delete import with_deletion
from dealtrace.operations.deals.find import find_deal
from dealtrace.operations.webhooks.publish import store_versions
from dealtrace.operations.work import Work
from dealtrace.storage.deals import deals


def restore_deal(work: Work, deal_id: int, *, user_id: int | None = None) -> Deal:
    """Restore a deleted deal of the site and return the deal; `user_id` is `None` on the command line.

    Raises:
        DealNotFound: the site never had such a deal.
        DealNotDeleted: the deal is not deleted.
        NumberReused: another deal got the same number after the deletion.
    """
    deal = find_deal(work.connection, work.site, deal_id, with_deleted=True)
    if deal.deleted_at is None:
        raise DealNotDeleted(deal_id=deal_id)
    holder = deals.find_registered(work.connection, work.site.id, [deal.number]).get(deal.number)
    if holder is not None:
        raise NumberReused(number=deal.number, deal_id=holder.deal_id)
    restored = with_deletion(deal, None, work.now)
    deals.set_deletion_times(work.connection, work.site.id, [restored])
    store_versions(work, [next_version(deal, restored, VersionKind.RESTORED, user_id=user_id)])
    return restored
