"""Count what other rules would change in all deals of a site, a chunk of deals at a time."""

from collections.abc import Iterator

from dealtrace.accounts.site import Site
from dealtrace.operations.accounts.require_site import ReadSite
from dealtrace.operations.matching.rematch import CHUNK_DEALS
from dealtrace.operations.what_if.list_outcomes import list_tried_deals
from dealtrace.operations.what_if.trial import Trial
from dealtrace.reports.what_if import Tally
from dealtrace.storage.database.engine import Database
from dealtrace.storage.deals.deals import count_deals, list_ids_after


def try_on_past(
    database: Database, site: Site, trial: Trial, read_site: ReadSite | None = None
) -> Iterator[tuple[Tally, int]]:
    """Yield pairs: a tally of what the rules of `trial` would change in a site's deals, and the number of its deals.

    The same tally, which grows, is yielded at the start and after each chunk of deals. Chunks are read one by one, so
    deals that change during the run are counted as they are when they are read. Deleted deals are left out. Nothing is
    stored. For rules that `trial` does not set, the rules of `site` apply; with `read_site`, the site is read again for
    each chunk.
    """
    tally, after_id = Tally(), 0
    with database.read() as connection:
        total = count_deals(connection, site.id, with_deleted=False)
    yield tally, total
    while True:
        with database.read() as connection:
            ids = list_ids_after(connection, site.id, after_id, CHUNK_DEALS)
            current = read_site(connection) if read_site is not None else site
            for tried in list_tried_deals(connection, current, trial, ids):
                tally.add(tried)
        if not ids:
            return
        after_id = ids[-1]
        yield tally, total
