"""Try other rules on the deals of a period: on all of them, or on as many as can be tried while a person waits."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.operations.what_if.list_tried_deals import list_tried_deals
from dealtrace.operations.what_if.trial import Trial
from dealtrace.record import record
from dealtrace.reports.what_if import Tally, TriedDeal
from dealtrace.storage.journals.deal_journal import JournalQuery, query_deals
from dealtrace.storage.journals.keyset_pages import pages_of

DEALS_AT_ONCE = 1000
ShowTried = Callable[[int, int], None]
"""A function that shows how many deals have been tried, and how many there are."""


@record
class Tried:
    """The effect of other rules on the deals of a period.

    `tally` counts the tried deals, and `total` is the number of all deals of the period. `tally.changed` is the
    number of tried deals whose lead or source would change, and `changed` has some of these deals, earliest first.
    """

    tally: Tally
    total: int
    changed: tuple[TriedDeal, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all deals of the period were tried."""
        return self.tally.deals >= self.total


def changed_chunks(
    connection: Connection,
    site: Site,
    trial: Trial,
    searched: JournalQuery,
    tally: Tally,
    *,
    deals_max: int | None = None,
    show: ShowTried = lambda _tried, _total: None,
) -> Iterator[list[TriedDeal]]:
    """Yield, for each chunk of the deals that `searched` finds, those whose lead or source would change.

    Chunks and deals come earliest first. All tried deals are counted in `tally`. Deals are tried until at least
    `deals_max` deals, or all deals, have been tried. `show` is called after every chunk.
    """
    query = query_deals(site.id, searched)
    for total, ids in pages_of(connection, query, DEALS_AT_ONCE):
        yield [tried for tried in list_tried_deals(connection, site, trial, ids) if tally.add(tried)]
        show(tally.deals, total)
        if deals_max is not None and tally.deals >= deals_max:
            break


def try_rules(
    connection: Connection,
    site: Site,
    trial: Trial,
    since: datetime,
    until: datetime,
    *,
    deals_max: int,
    listed: range = range(0),
) -> Tried:
    """Return the effect of a trial on the deals of a period.

    Deals are tried in chunks, earliest first, until at least `deals_max` deals, or all deals of the period, have been
    tried. The result lists the deals whose lead or source would change and whose places among these are in `listed`.
    """
    tally, total = Tally(), 0

    def count(_tried: int, counted: int) -> None:
        nonlocal total
        total = counted

    searched = JournalQuery(since=since, until=until)
    chunks = changed_chunks(connection, site, trial, searched, tally, deals_max=deals_max, show=count)
    changed = tuple(deal for place, deal in enumerate(chain.from_iterable(chunks)) if place in listed)
    return Tried(tally, total, changed)
