"""Count hits, the page views of visitors: each hit extends the latest visit of its visitor or starts a new visit."""

from collections import Counter
from collections.abc import Sequence

from dealtrace.attribution.classification import classify
from dealtrace.attribution.visit import Visit
from dealtrace.attribution.visits_from_hits import VISIT_LENGTH_MAX, Hit, extend, joins, start
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.visits.store_visits import store_visits
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.visits import visits


@operation(ids_per_command=2)
def count_hits(work: Work, commands: Sequence[WriteCommand[Hit]]) -> list[Visit]:
    """Count hits in the order of the commands; each outcome is the visit that the hit belongs to.

    Transactions that store hits or attributes of a site run one after another, so that none overwrites another.
    """
    lock_registrations(work)
    hosts = work.site.hosts
    visitors = {command.payload.visitor_id for command in commands}
    recent = visits.find_recent_visits(work.connection, work.site.id, visitors, work.now - VISIT_LENGTH_MAX)
    latest = {visitor_id: found.latest for visitor_id, found in recent.items()}
    counts = Counter({visitor_id: found.count for visitor_id, found in recent.items()})
    started: dict[int, Visit] = {}
    extended: dict[int, Visit] = {}
    outcomes: list[Visit] = []
    for hit in (command.payload for command in commands):
        visit = latest.get(hit.visitor_id)
        source = classify(hit.url, hit.referrer, hosts)
        if visit is not None and joins(visit, counts[hit.visitor_id], source, work.now):
            visit = extend(visit, hit, work.now)
            (started if visit.id in started else extended)[visit.id] = visit
        else:
            visit = start(hit, work.ids.take_visit_id(), work.now, hosts)
            started[visit.id] = visit
            counts[hit.visitor_id] += 1
        latest[hit.visitor_id] = visit
        outcomes.append(visit)
    visits.update_seen_visits(work.connection, work.site.id, list(extended.values()))
    if started:
        store_visits(work, list(started.values()))
    return outcomes
