"""Try other rules on the deals of a period, as many as a person waits for."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.operations.reports.trial import Trial
from dealtrace.operations.reports.what_if import list_outcomes
from dealtrace.record import record
from dealtrace.reports.what_if import Tally
from dealtrace.storage.journals.deal_journal import JournalQuery, query_deals
from dealtrace.storage.journals.keyset_pages import pages_of

DEALS_AT_ONCE = 1000


@record
class Tried:
    """What rules would do to deals of a period; `total` is how many it has, of which `tally` counts the tried ones."""

    tally: Tally
    total: int

    @property
    def is_whole(self) -> bool:
        """Whether all deals of the period were tried."""
        return self.tally.deals >= self.total


def try_rules(
    connection: Connection, site: Site, trial: Trial, since: datetime, until: datetime, *, deals_max: int
) -> Tried:
    """Return what the rules of `trial` would do to deals of a period, the earliest, about `deals_max` of them."""
    tally, total = Tally(), 0
    query = query_deals(site.id, JournalQuery(since=since, until=until))
    for counted, ids in pages_of(connection, query, DEALS_AT_ONCE):
        total = counted
        for outcome in list_outcomes(connection, site, trial, ids):
            tally.add(outcome)
        if tally.deals >= deals_max:
            break
    return Tried(tally, total)
