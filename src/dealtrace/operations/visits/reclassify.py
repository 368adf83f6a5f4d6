"""Classify the past visits of a site again, in chunks of many visitors, each chunk in its own transaction."""

from collections.abc import Sequence

from dealtrace.accounts.site_change import ChangeKind
from dealtrace.attribution.reclassification import Reclassification, digest_of_hosts, reclassified
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.attribution.credit import credit_leads, find_credited, publish_credit_changes
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.storage.visits import reclassification, visits
from dealtrace.storage.visits.credits import list_leads_of_visitors, list_matched_visits
from dealtrace.storage.visits.traffic_sources import intern_sources

VISITORS_AT_ONCE = 200
VISITS_AT_ONCE = 1000
"""The maximum number of visits in a chunk, which is one transaction; registrations wait for one chunk at most."""


def begin_reclassification(work: Work) -> Reclassification:
    """Return the progress of reclassifying the site's visits; it is reset if the site's hosts have changed."""
    digest = digest_of_hosts(work.site.hosts)
    found = reclassification.find_reclassification(work.connection, work.site.id)
    return found if found is not None and found.hosts_digest == digest else Reclassification(digest, work.now)


def list_next_visitors(work: Work, at: Reclassification) -> list[str]:
    """List the ids of the visitors in the next chunk; the list is empty if all visitors are done."""
    return reclassification.list_next_visitors(
        work.connection,
        work.site.id,
        at.after_visitor,
        visitors_max=VISITORS_AT_ONCE,
        visits_max=VISITS_AT_ONCE,
    )


def reclassify_visitors(work: Work, at: Reclassification, visitor_ids: Sequence[str]) -> Reclassification:
    """Classify all visits of these visitors, divide the credit for their leads again, store and return the progress.

    Webhooks receive the leads that are then credited to a different visit or source.
    """
    lock_registrations(work)
    leads = list_leads_of_visitors(work.connection, work.site.id, visitor_ids)
    before = find_credited(work, leads)
    seen = visits.list_visits_of_visitors(work.connection, work.site.id, visitor_ids)
    changed = [again for visit in seen if (again := reclassified(visit, work.site.hosts)) != visit]
    sources = intern_sources(work.connection, work.ids, work.site.id, {visit.traffic_source for visit in changed})
    visits.update_classification(work.connection, work.site.id, changed, sources)
    credit_leads(work, [*leads, *list_matched_visits(work.connection, work.site.id, visitor_ids)])
    moved = publish_credit_changes(work, leads, before)
    after = at.after(visitor_ids[-1], visits=len(seen), changed=len(changed), moved=len(moved))
    reclassification.upsert_reclassification(work.connection, work.site.id, after)
    return after


def finish_reclassification(work: Work) -> None:
    """Delete the progress of a finished reclassification, so that the next run starts from the beginning.

    If visits were changed, this is recorded as a change of the site.
    """
    found = reclassification.find_reclassification(work.connection, work.site.id)
    if found is not None and found.visits_changed:
        record_change(work, work.site.id, ChangeKind.PAST, "", after=str(found.visits_changed))
    reclassification.delete_reclassification(work.connection, work.site.id)
