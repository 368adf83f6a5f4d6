"""Count hits: each goes on with a visit of its visitor, or begins one."""

from collections.abc import Sequence
from datetime import timedelta

from dealtrace.attribution.classification import classify
from dealtrace.attribution.stay import Hit, begin, go_on, goes_on
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.operations.visits.store_visits import store_visits
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.visits import visits

LONGEST_STAY = timedelta(days=1)
"""Ours: who goes on for a day without a pause begins another visit; a visit is found by when it began."""


@operation(ids_per_command=2)
def count_hits(work: Work, commands: Sequence[WriteCommand[Hit]]) -> list[Visit]:
    """Count hits in the order of arrival; each outcome is the visit it belongs to."""
    visitors = {command.payload.visitor_id for command in commands}
    latest = visits.list_latest_visits(work.connection, work.site.id, visitors, work.now - LONGEST_STAY)
    begun: dict[int, Visit] = {}
    seen: dict[int, Visit] = {}
    outcomes: list[Visit] = []
    for hit in (command.payload for command in commands):
        visit = latest.get(hit.visitor_id)
        if visit is not None and goes_on(visit, classify(hit.url, hit.referrer), work.now):
            visit = go_on(visit, hit, work.now)
            (begun if visit.id in begun else seen)[visit.id] = visit
        else:
            visit = begin(hit, VisitId(work.ids.take()), work.now)
            begun[visit.id] = visit
        latest[hit.visitor_id] = visit
        outcomes.append(visit)
    visits.update_seen(work.connection, work.site.id, list(seen.values()))
    if begun:
        store_visits(work, list(begun.values()))
    return outcomes
