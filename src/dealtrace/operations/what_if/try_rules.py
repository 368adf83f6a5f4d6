"""Try other rules on the deals of a period, but only on as many deals as can be tried while a person waits."""

from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.operations.what_if.list_outcomes import list_outcomes
from dealtrace.operations.what_if.trial import Trial
from dealtrace.record import record
from dealtrace.reports.what_if import Tally
from dealtrace.storage.journals.deal_journal import JournalQuery, query_deals
from dealtrace.storage.journals.keyset_pages import pages_of

DEALS_AT_ONCE = 1000


@record
class Tried:
    """The effect of other rules on deals of a period; `tally` covers the tried deals, and `total` counts all deals."""

    tally: Tally
    total: int

    @property
    def is_whole(self) -> bool:
        """Whether all deals of the period were tried."""
        return self.tally.deals >= self.total


def try_rules(
    connection: Connection, site: Site, trial: Trial, since: datetime, until: datetime, *, deals_max: int
) -> Tried:
    """Return the effect of a trial on the earliest deals of a period.

    Deals are tried in chunks until at least `deals_max` deals, or all deals, have been tried.
    """
    tally, total = Tally(), 0
    query = query_deals(site.id, JournalQuery(since=since, until=until))
    for counted, ids in pages_of(connection, query, DEALS_AT_ONCE):
        total = counted
        for outcome in list_outcomes(connection, site, trial, ids):
            tally.add(outcome)
        if tally.deals >= deals_max:
            break
    return Tried(tally, total)
