"""Try other rules on the leads and visits of a period, but only on as many as can be tried while a person waits."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.what_if.list_outcomes import classified_again, credits_again, find_moved_leads
from dealtrace.operations.what_if.trial import Trial
from dealtrace.record import record
from dealtrace.reports.moves import key_of
from dealtrace.storage.journals.keyset_pages import pages_of
from dealtrace.storage.journals.lead_list import LeadFilters, query_lead_list, query_visit_list
from dealtrace.storage.visits.visits import find_visits

ROWS_AT_ONCE = 1000


@record
class MovedCount:
    """How many leads or visits of a period would get another source: `moved` of the `tried`; the period has `total`."""

    moved: int = 0
    tried: int = 0
    total: int = 0


@record
class MovedLeads:
    """How many leads and visits of a period would get another source."""

    leads: MovedCount
    visits: MovedCount


def try_on_leads(
    connection: Connection, site: Site, trial: Trial, since: datetime, until: datetime, *, rows_max: int | None = None
) -> MovedLeads:
    """Return how many leads and visits of a period would get another source under a trial.

    Calls, lead requests and visits are each tried from the earliest on, in chunks, until at least `rows_max` are tried;
    `None` means no limit. If the trial cannot affect leads or visits at all, their counts are 0.
    """
    leads = MovedCount()
    for kind in LeadKind:
        of_kind = _try_leads(connection, site, trial, LeadFilters(kind, since, until), rows_max)
        leads = MovedCount(leads.moved + of_kind.moved, leads.tried + of_kind.tried, leads.total + of_kind.total)
    return MovedLeads(leads, _try_visits(connection, site, trial, since, until, rows_max))


def _try_leads(
    connection: Connection, site: Site, trial: Trial, filters: LeadFilters, rows_max: int | None
) -> MovedCount:
    moved = tried = total = 0
    if credits_again(trial):
        for counted, ids in pages_of(connection, query_lead_list(site.id, filters), ROWS_AT_ONCE):
            total = counted
            moved += len(find_moved_leads(connection, site, trial, [LeadRef(filters.kind, each) for each in ids]))
            tried += len(ids)
            if rows_max is not None and tried >= rows_max:
                break
    return MovedCount(moved, tried, total)


def _try_visits(
    connection: Connection, site: Site, trial: Trial, since: datetime, until: datetime, rows_max: int | None
) -> MovedCount:
    moved = tried = total = 0
    if trial.moves_visits:
        hosts = trial.site_of(site).hosts
        for counted, ids in pages_of(connection, query_visit_list(site.id, since, until), ROWS_AT_ONCE):
            total = counted
            for visit in find_visits(connection, site.id, ids).values():
                again = classified_again(visit, hosts).traffic_source
                moved += again != visit.traffic_source and key_of(again) != key_of(visit.traffic_source)
            tried += len(ids)
            if rows_max is not None and tried >= rows_max:
                break
    return MovedCount(moved, tried, total)
