"""Compare a CRM's list of deals with the deals of a site, many rows at a time; nothing is stored."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_days import day_end, day_start, site_day
from dealtrace.deals.deal import Deal
from dealtrace.deals.deal_key import DealKey, choose_deal
from dealtrace.deals.incoming_deal import IncomingDeal
from dealtrace.errors import Refusal
from dealtrace.leads.file_import import ImportRow
from dealtrace.leads.reference_spelling import all_spellings
from dealtrace.reports.agreement import DealComparison, Disagreement, ListedSums, SeenDeals, compare_deals
from dealtrace.storage.deals.deals import list_deals_by_id, list_deals_by_key
from dealtrace.storage.journals.deal_journal import JournalQuery, query_deals
from dealtrace.storage.journals.keyset_pages import pages_of

ROWS_AT_ONCE = 1000
"""How many rows of the list, or deals of the site, are compared at a time."""


def compare_rows(
    connection: Connection,
    site: Site,
    rows: Sequence[ImportRow[object]],
    seen: SeenDeals,
    listed: ListedSums,
) -> list[DealComparison]:
    """Compare the next rows of a list with the deals of a site; the results are in input order.

    As in the API, a deal is found by our id if the row has an id, else by its number. Deleted deals count as missing.
    `seen` has the deals that earlier rows identified; this function adds the deals that these rows identify.
    """
    stated = [row.content for row in rows if isinstance(row.content, IncomingDeal)]
    found = list_deals_by_key(
        connection,
        site.id,
        ids=[deal.id for deal in stated if deal.id is not None],
        numbers=all_spellings(deal.number for deal in stated if deal.number is not None),
        lock=False,
    )
    known = _Known(found)
    return [_compare(row, known, seen, listed) for row in rows]


class _Known:
    """Stored deals, by id and by number."""

    def __init__(self, found: Sequence[Deal]) -> None:
        self._by_id = {deal.id: deal for deal in found}
        self._by_number = {deal.number: deal for deal in found}

    def find(self, stated: IncomingDeal) -> Deal | None:
        """Find the deal that a row identifies; return `None` if there is none."""
        return choose_deal(DealKey(stated.id, stated.number), self._by_id, self._by_number)


def _compare(row: ImportRow[object], known: _Known, seen: SeenDeals, listed: ListedSums) -> DealComparison:
    if isinstance(row.content, Refusal):
        return DealComparison(row.number, None, None, Disagreement.UNREADABLE, reason=str(row.content))
    assert isinstance(row.content, IncomingDeal)  # the format of deals has no other content
    ours = known.find(row.content)
    is_repeated = seen.add(row.content, ours)
    return compare_deals(row.number, row.content, ours, listed, is_repeated=is_repeated)


def missing_in_file(
    connection: Connection, site: Site, first_at: datetime, last_at: datetime, seen: SeenDeals
) -> Iterator[tuple[int, list[DealComparison]]]:
    """Yield chunks of a period's deals that are not in a list, each chunk with the number of all deals in the period.

    Ours: the period consists of whole days in the site's time zone, from the day of the earliest deal in the list to
    the day of the latest deal. So deals that are missing early on the first day or late on the last day are found too.
    """
    since = day_start(site_day(first_at, site.time_zone), site.time_zone)
    until = day_end(site_day(last_at, site.time_zone), site.time_zone)
    for total, ids in pages_of(connection, query_deals(site.id, JournalQuery(since=since, until=until)), ROWS_AT_ONCE):
        missing = list_deals_by_id(connection, site.id, [deal_id for deal_id in ids if deal_id not in seen])
        yield total, [DealComparison(None, None, deal, Disagreement.MISSING_IN_FILE) for deal in missing]
