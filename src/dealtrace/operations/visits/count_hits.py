"""Count hits: each goes on with a visit of its visitor, or begins one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.classification import classify
from dealtrace.attribution.stay import Hit, begin, go_on, goes_on
from dealtrace.attribution.visit import Visit, VisitId
from dealtrace.operations.visits.record_visits import store_visits
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.visits import visits

LONGEST_STAY = timedelta(days=1)
"""Ours: who goes on for a day without a pause begins another visit; a visit is found by when it began."""


def count_hits(
    connection: Connection, ids: IdBlocks, site: Site, commands: Sequence[WriteCommand[Hit]], now: datetime
) -> list[Visit]:
    """Count hits in the order of arrival; each outcome is the visit it belongs to."""
    visitors = {command.payload.visitor_id for command in commands}
    latest = visits.find_latest_visits(connection, site.id, visitors, now - LONGEST_STAY)
    begun: dict[int, Visit] = {}
    seen: dict[int, Visit] = {}
    outcomes: list[Visit] = []
    for hit in (command.payload for command in commands):
        visit = latest.get(hit.visitor_id)
        if visit is not None and goes_on(visit, classify(hit.url, hit.referrer), now):
            visit = go_on(visit, hit, now)
            (begun if visit.id in begun else seen)[visit.id] = visit
        else:
            visit = begin(hit, VisitId(ids.take()), now)
            begun[visit.id] = visit
        latest[hit.visitor_id] = visit
        outcomes.append(visit)
    visits.update_seen(connection, site.id, list(seen.values()))
    if begun:
        store_visits(connection, ids, site, list(begun.values()), now)
    return outcomes
