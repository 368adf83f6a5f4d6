"""Classify the past visits of a site again, many visitors at a time, each chunk in its own transaction."""

from collections.abc import Sequence

from dealtrace.attribution.classification import reclassified
from dealtrace.attribution.reclassification import Reclassification, digest_of
from dealtrace.operations.leads.credit import credit_leads, find_credited, publish_moves
from dealtrace.operations.points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.storage.visits import reclassification, visits
from dealtrace.storage.visits.credits import list_leads_naming, list_named_visits
from dealtrace.storage.visits.traffic_sources import intern_sources

VISITORS_AT_ONCE = 200
VISITS_AT_ONCE = 1000
"""One transaction; registrations meanwhile wait no longer than a chunk takes."""


def begin_reclassification(work: Work) -> Reclassification:
    """Return how far the reclassification of the site is; under other hosts than before, it starts again."""
    digest = digest_of(work.site.hosts)
    found = reclassification.find_reclassification(work.connection, work.site.id)
    return found if found is not None and found.hosts_digest == digest else Reclassification(digest, work.now)


def list_next_visitors(work: Work, at: Reclassification) -> list[str]:
    """List the visitors of the next chunk; empty at the end."""
    return reclassification.list_next_visitors(
        work.connection,
        work.site.id,
        at.after_visitor,
        visitors_max=VISITORS_AT_ONCE,
        visits_max=VISITS_AT_ONCE,
    )


def reclassify_visitors(work: Work, at: Reclassification, visitor_ids: Sequence[str]) -> Reclassification:
    """Classify all visits of these visitors, credit their leads, and store how far the reclassification is.

    A lead has the visits of one visitor, so it moves at most once. Webhooks receive the leads that moved.
    """
    lock_registrations(work)
    leads = list_leads_naming(work.connection, work.site.id, visitor_ids)
    before = find_credited(work, leads)
    seen = visits.list_visits_of_visitors(work.connection, work.site.id, visitor_ids)
    changed = [again for visit in seen if (again := reclassified(visit, work.site.hosts)) != visit]
    sources = intern_sources(work.connection, work.ids, work.site.id, {visit.traffic_source for visit in changed})
    visits.update_classification(work.connection, work.site.id, changed, sources)
    credit_leads(work, [*leads, *list_named_visits(work.connection, work.site.id, visitor_ids)])
    moved = publish_moves(work, leads, before)
    after = at.after(visitor_ids[-1], visits=len(seen), changed=len(changed), moved=len(moved))
    reclassification.upsert_reclassification(work.connection, work.site.id, after)
    return after


def finish_reclassification(work: Work) -> None:
    """Store that the reclassification of the site is finished, so that the next one starts anew."""
    reclassification.delete_reclassification(work.connection, work.site.id)
