"""Delete deals, and restore them."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from dealtrace.deals.deal import Deal
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.versions import VersionKind, next_version
from dealtrace.errors import DealNotDeleted, NumberReused, Refusal
from dealtrace.operations.deals.find import NamedDeals, find_deal, find_deals, no_deal_with_id
from dealtrace.operations.spend_points import lock_registrations, pay_for_calls, points_refusal
from dealtrace.operations.webhooks.publish import store_versions
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.storage.deals import deals
from dealtrace.storage.leads.file_imports import delete_taken_back_rows

TAKEN_BACK = "deal"
"""The kind of deals among the stored ids of rows that were deleted by taking an import back."""


@operation(ids_per_command=0)
def delete_deals(work: Work, commands: Sequence[WriteCommand[DealKey]]) -> list[Deal | Refusal]:
    """Delete deals; each outcome is the deleted deal or a refusal, in input order.

    The number of a deleted deal can be used again. If two commands of a batch name the same deal, the second is refused
    as not found.
    Vendor: «Удаленных сделок так же не будет в API-методе выгрузки сделок».
    """
    named = find_deals(work, [command.payload for command in commands])
    naming = named.first_naming()
    paid = pay_for_calls(work, PaidMethod.DELETE_BY_ID, len(naming))
    return delete_paid(work, commands, named, set(naming[:paid]))


def delete_paid(
    work: Work, commands: Sequence[WriteCommand[DealKey]], named: NamedDeals, paid: Collection[int]
) -> list[Deal | Refusal]:
    """Delete the deals of the paid commands; return a deleted deal or a refusal for each command, in input order.

    `paid` has the positions of the commands for which points were spent; the deals of all other commands are kept.
    """
    deleted = {
        position: with_deletion(deal, work.now, work.now) for position, deal in named.found.items() if position in paid
    }
    deals.set_deletion_times(work.connection, work.site.id, list(deleted.values()))
    versions = [
        next_version(
            named.found[position],
            deal,
            VersionKind.DELETED,
            token_id=commands[position].token_id,
            user_id=commands[position].user_id,
        )
        for position, deal in deleted.items()
    ]
    store_versions(work, versions)
    gone = {deal.id for deal in deleted.values()}
    late = {position: no_deal_with_id(deal.id) for position, deal in named.found.items() if deal.id in gone}
    outcomes: dict[int, Deal | Refusal] = {**named.refused, **late, **deleted}
    unpaid = points_refusal(work)
    return [outcomes.get(position, unpaid) for position in range(len(commands))]


def delete_deal(work: Work, deal_id: int, *, user_id: int | None = None) -> Deal:
    """Delete a deal of the site on behalf of a person, without spending points, and return the deal.

    Raises:
        DealNotFound: the site has no such deal, or it is deleted already.
    """
    return _delete(work, [find_deal(work.connection, work.site, deal_id)], user_id)[0]


def delete_found_deals(work: Work, ids: Collection[int]) -> None:
    """Delete deals on behalf of the user of `work`, without spending points; deleted deals stay as they are."""
    lock_registrations(work)
    _delete(work, deals.list_deals_by_key(work.connection, work.site.id, ids=ids, numbers=[]), work.user_id)


def _delete(work: Work, found: Sequence[Deal], user_id: int | None) -> list[Deal]:
    deleted = [with_deletion(deal, work.now, work.now) for deal in found]
    deals.set_deletion_times(work.connection, work.site.id, deleted)
    pairs = zip(found, deleted, strict=True)
    store_versions(work, [next_version(deal, gone, VersionKind.DELETED, user_id=user_id) for deal, gone in pairs])
    return deleted


def with_deletion(deal: Deal, deleted_at: datetime | None, now: datetime) -> Deal:
    """Return the next version of a deal: deleted at `deleted_at`, or restored if `deleted_at` is `None`."""
    return replace(deal, deleted_at=deleted_at, touched_at=now, version=deal.version + 1)


def restore_deal(work: Work, deal_id: int, *, user_id: int | None = None) -> Deal:
    """Restore a deleted deal of the site and return the deal; `user_id` is `None` on the command line.

    If the deal was deleted by taking an import back, importing the file again no longer replaces it, even if it is
    deleted again.

    Raises:
        DealNotFound: the site never had such a deal.
        DealNotDeleted: the deal is not deleted.
        NumberReused: another deal got the same number after the deletion.
    """
    lock_registrations(work)
    deal = find_deal(work.connection, work.site, deal_id, with_deleted=True)
    if deal.deleted_at is None:
        raise DealNotDeleted(deal_id=deal_id)
    holder = deals.find_registered(work.connection, work.site.id, [deal.number]).get(deal.number)
    if holder is not None:
        raise NumberReused(number=deal.number, deal_id=holder.deal_id)
    restored = with_deletion(deal, None, work.now)
    deals.set_deletion_times(work.connection, work.site.id, [restored])
    delete_taken_back_rows(work.connection, work.site.id, TAKEN_BACK, [deal_id])
    store_versions(work, [next_version(deal, restored, VersionKind.RESTORED, user_id=user_id)])
    return restored
