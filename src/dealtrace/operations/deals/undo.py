"""Undo a version of a deal, by a new version that restores the earlier values."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from dealtrace.deals.changes import UNSET, Unset, is_same_status
from dealtrace.deals.deal import Deal
from dealtrace.deals.status_history import status_since
from dealtrace.deals.versions import FIRST_VERSION, DealVersion, VersionKind, next_version, stamp
from dealtrace.operations.deals.delete import delete_deal, restore_deal
from dealtrace.operations.deals.find import find_deal, no_deal_with_id
from dealtrace.operations.deals.pin import pin_deal, unpin_deal
from dealtrace.operations.deals.store import store_changes
from dealtrace.operations.work import Work
from dealtrace.storage.deals.versions import find_later_versions, list_versions

UNDONE = frozenset(
    {VersionKind.CHANGED, VersionKind.DELETED, VersionKind.RESTORED, VersionKind.PINNED, VersionKind.UNPINNED}
)
"""The kinds of version that can be undone. To undo a registration, delete the deal; to undo a match, pin the deal."""
_PINS = (VersionKind.PINNED, VersionKind.UNPINNED)


def undo_version(work: Work, deal_id: int, number: int, *, user_id: int | None = None) -> Deal:
    """Undo a version: restore the earlier values of the fields that it changed, and return the deal.

    All other fields keep their current values. A restored status keeps the date on which it originally began.

    Ours: undoing is a change like any other, so that it can be seen, sent to webhooks and undone itself.

    Raises:
        DealNotFound: the site has no such deal, or the deal has no such version that can be undone.
        NumberReused, DealNotDeleted, LeadNotFound, DealNotPinned: the previous state is no longer possible.
    """
    find_deal(work.connection, work.site, deal_id, with_deleted=True)
    versions = [
        version for found in find_later_versions(work.connection, work.site.id, [deal_id]).values() for version in found
    ]
    undone = next((version for version in versions if version.version == number), None)
    if undone is None or undone.kind not in UNDONE:
        raise no_deal_with_id(deal_id)
    if undone.kind is VersionKind.CHANGED:
        return _change_back(work, _without_date_of_another_status(undone, versions), user_id)
    if undone.kind is VersionKind.DELETED:
        return restore_deal(work, deal_id, user_id=user_id)
    if undone.kind is VersionKind.RESTORED:
        return delete_deal(work, deal_id, user_id=user_id)
    return _rebind(work, undone, versions, user_id)


def _change_back(work: Work, undone: DealVersion, user_id: int | None) -> Deal:
    deal = find_deal(work.connection, work.site, undone.deal_id)
    before = replace(deal, **undone.before)
    if before == deal:
        return deal
    changed = stamp(deal, before, work.now, _status_since(work, deal, undone))
    version = next_version(deal, changed, VersionKind.CHANGED, user_id=user_id)
    return store_changes(work, [(deal, changed)], [version])[deal.id]


def _without_date_of_another_status(undone: DealVersion, versions: Iterable[DealVersion]) -> DealVersion:
    """Return a version, but without its status date if a later version has replaced the status with that date."""
    if "status" in undone.before:
        return undone
    if not any(each.version > undone.version and _begins_status(each) for each in versions):
        return undone
    return replace(undone, before={name: value for name, value in undone.before.items() if name != "status_since"})


def _begins_status(version: DealVersion) -> bool:
    """Return whether a version gave the deal another status, not only another spelling of the same status."""
    return "status" in version.after and not is_same_status(version.before.get("status", ""), version.after["status"])


def _status_since(work: Work, deal: Deal, undone: DealVersion) -> datetime | Unset | None:
    """Return the start of the status that undoing a version restores, or `UNSET` if the status stays the same.

    The time is found from earlier versions if the undone version does not store it.
    """
    if "status_since" in undone.before or "status" not in undone.before:
        stated: datetime | Unset | None = undone.before.get("status_since", UNSET)
        return stated
    versions = list_versions(work.connection, work.site.id, undone.deal_id)
    if is_same_status(undone.before["status"], deal.status):  # an older release may have dated a new spelling
        return UNSET if deal.status_since is None else status_since(versions)
    return status_since(version for version in versions if version.version < undone.version)


def _rebind(work: Work, undone: DealVersion, versions: list[DealVersion], user_id: int | None) -> Deal:
    """Pin a deal to the lead that it was pinned to before the version, or unpin it if it was not pinned then."""
    earlier = [each for each in versions if FIRST_VERSION < each.version < undone.version and each.kind in _PINS]
    was_pinned = bool(earlier) and max(earlier, key=lambda each: each.version).kind is VersionKind.PINNED
    if was_pinned:
        return pin_deal(work, undone.deal_id, undone.before["lead"], user_id=user_id)
    return unpin_deal(work, undone.deal_id, user_id=user_id)
