"""Store new deals, and changes to deals, with everything that follows: statuses, versions, contacts and matches."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from dealtrace.deals.changes import contact_after, has_same_contacts
from dealtrace.deals.deal import Deal, DealId
from dealtrace.deals.versions import DealVersion
from dealtrace.operations.matching.rematch import rematch_deals
from dealtrace.operations.webhooks.publish import store_versions
from dealtrace.operations.work import Work
from dealtrace.storage.deals import deals
from dealtrace.storage.deals.deal_rows import DealToInsert
from dealtrace.storage.deals.deals import insert_deals
from dealtrace.storage.deals.versions import find_registered_contacts
from dealtrace.storage.reports.statuses import insert_statuses
from dealtrace.storage.visits.traffic_sources import intern_sources


def intern_statuses(work: Work, spellings: Collection[str]) -> None:
    """Store the deal statuses that are new to the site, in the same transaction as the deals that have them.

    A process remembers the stored statuses and makes no query for them. Before this call, the transaction must have
    spent API points for the deals or called `lock_registrations`; both lock the same row of the site, so that such
    transactions run one after another.
    """
    unknown = work.known_statuses.unknown(work.site.id, spellings)
    if unknown:
        insert_statuses(work.connection, work.site.id, unknown, work.now, work.known_statuses)


def store_changes(
    work: Work, changes: Sequence[tuple[Deal, Deal]], versions: Sequence[DealVersion]
) -> dict[DealId, Deal]:
    """Store deals whose fields have changed, and return the stored deals by id.

    Each of `changes` has a stored deal and the same deal with all its changes; `versions` has a version for each single
    change, in order. All changes to a deal's fields must go through this function, so that the deal is found, matched
    and counted by its current fields. A deal whose matchers changed is matched again, which makes another version.
    """
    if not changes:
        return {}
    pairs = _with_contacts(work, changes)
    stated = {after.stated_source for _, after in pairs if after.stated_source is not None}
    source_ids = intern_sources(work.connection, work.ids, work.site.id, stated)
    deals.update_deals(work.connection, work.site.id, pairs, source_ids)
    intern_statuses(work, {version.after["status"] for version in versions if "status" in version.after})
    store_versions(work, versions)
    stored = {after.id: after for _, after in pairs}
    to_match = [after for before, after in pairs if after.matchers != before.matchers]
    if to_match:
        stored |= {deal.id: deal for deal in rematch_deals(work, to_match, keeps_lead=False)}
    return stored


def _with_contacts(work: Work, changes: Sequence[tuple[Deal, Deal]]) -> Sequence[tuple[Deal, Deal]]:
    """Return `changes` with up-to-date contacts in the changed deals.

    Most changes do not affect the contacts and need no query.
    """
    touched = {after.id: after for before, after in changes if not has_same_contacts(before, after)}
    if not touched:
        return changes
    registered = find_registered_contacts(work.connection, work.site.id, touched)
    contacts = {deal_id: contact_after(after, registered.get(deal_id)) for deal_id, after in touched.items()}
    return [
        (
            before,
            replace(after, clue=replace(after.clue, contact=contacts[after.id])) if after.id in contacts else after,
        )
        for before, after in changes
    ]


def store_new_deals(work: Work, rows: Sequence[DealToInsert], versions: Sequence[DealVersion]) -> None:
    """Store new deals and the first version of each, and publish these versions to webhooks."""
    stated = {row.deal.stated_source for row in rows if row.deal.stated_source is not None}
    source_ids = intern_sources(work.connection, work.ids, work.site.id, stated)
    insert_deals(work.connection, work.site.id, rows, source_ids)
    intern_statuses(work, {row.deal.status for row in rows})
    store_versions(work, versions)
