"""Try other rules on the leads and visits of a period; a page uses only the first of them, so that it is fast."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.attribution.site_hosts import SiteHosts
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.what_if.list_tried_deals import classified_again, credits_again, find_moved_leads
from dealtrace.operations.what_if.trial import Trial
from dealtrace.record import record
from dealtrace.reports.moves import source_key
from dealtrace.storage.journals.keyset_pages import pages_of
from dealtrace.storage.journals.lead_list import LeadFilters, query_lead_list, query_visit_list
from dealtrace.storage.visits.visits import find_visits

ROWS_AT_ONCE = 1000


@record
class MovedCount:
    """How many leads or visits a period has, how many were tried, and how many would get a different source."""

    moved: int = 0
    tried: int = 0
    total: int = 0


@record
class MovedLeads:
    """How many leads and visits of a period would get a different source."""

    leads: MovedCount
    visits: MovedCount


Show = Callable[[LeadKind | None, int, int], None]
"""A function that shows progress: the kind of leads (`None` for visits), how many were tried, and of how many."""


def try_on_leads(
    connection: Connection,
    site: Site,
    trial: Trial,
    since: datetime,
    until: datetime,
    *,
    rows_max: int | None = None,
    show: Show = lambda _kind, _tried, _total: None,
) -> MovedLeads:
    """Return how many leads and visits of a period would get a different source under a trial.

    Calls, lead requests and visits are each tried from the earliest on, in chunks, until at least `rows_max` are tried;
    `None` means no limit. If the trial cannot affect leads or visits at all, their counts are 0.
    `show` is called after each chunk.
    """
    leads, visits = MovedCount(), MovedCount()
    for kind in LeadKind if credits_again(trial) else ():
        query = query_lead_list(site.id, LeadFilters(kind, since, until))
        count = partial(_count_moved_leads, connection, site, trial, kind)
        of_kind = _try(pages_of(connection, query, ROWS_AT_ONCE), count, rows_max, partial(show, kind))
        leads = MovedCount(leads.moved + of_kind.moved, leads.tried + of_kind.tried, leads.total + of_kind.total)
    if trial.moves_visits:
        query = query_visit_list(site.id, since, until)
        count = partial(_count_moved_visits, connection, site.id, trial.site_of(site).hosts)
        visits = _try(pages_of(connection, query, ROWS_AT_ONCE), count, rows_max, partial(show, None))
    return MovedLeads(leads, visits)


def _try(
    pages: Iterable[tuple[int, Sequence[int]]],
    count_moved: Callable[[Sequence[int]], int],
    rows_max: int | None,
    show: Callable[[int, int], None],
) -> MovedCount:
    moved = tried = total = 0
    for counted, ids in pages:
        total = counted
        moved += count_moved(ids)
        tried += len(ids)
        show(tried, total)
        if rows_max is not None and tried >= rows_max:
            break
    return MovedCount(moved, tried, total)


def _count_moved_leads(connection: Connection, site: Site, trial: Trial, kind: LeadKind, ids: Sequence[int]) -> int:
    return len(find_moved_leads(connection, site, trial, [LeadRef(kind, each) for each in ids]))


def _count_moved_visits(connection: Connection, site_id: int, hosts: SiteHosts, ids: Sequence[int]) -> int:
    moved = 0
    for visit in find_visits(connection, site_id, ids).values():
        again = classified_again(visit, hosts).traffic_source
        moved += again != visit.traffic_source and source_key(again) != source_key(visit.traffic_source)
    return moved
