"""Store new visits."""

from collections.abc import Sequence
from datetime import datetime

from dealtrace.attribution.visit import Visit
from dealtrace.operations.credit_leads import credit_again
from dealtrace.operations.matching.rematch import rematch_naming
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.storage.deals import lead_links
from dealtrace.storage.visits.traffic_sources import intern_sources
from dealtrace.storage.visits.visits import insert_visits


def store_visits(work: Work, visits: Sequence[Visit]) -> None:
    """Store new visits, and divide the credit again for all stored leads that may have come from these visits.

    Deals whose matchers name one of these visits are matched again. If a lead named a visit before the visit was
    stored, the lead's deals get the time of the visit. The result is the same as if the visits had been stored before
    the leads and the deals.
    """
    lock_registrations(work)
    sources = intern_sources(work.connection, work.ids, work.site.id, {visit.traffic_source for visit in visits})
    insert_visits(work.connection, work.site.id, visits, sources)
    starts: dict[int, datetime] = {visit.id: visit.started_at for visit in visits}
    visited_at = {lead.ref: starts[lead.visit_id] for lead in credit_again(work, visits) if lead.visit_id in starts}
    if visited_at:
        lead_links.update_visited_at(work.connection, work.site.id, visited_at)
    rematch_naming(work, visits)
