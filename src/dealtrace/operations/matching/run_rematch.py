"""Match all deals of a site again, or only count what that would change, a chunk of deals at a time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import PAST_DEALS, ChangeKind
from dealtrace.operations.accounts.record_change import record_work
from dealtrace.operations.accounts.require_site import ReadSite
from dealtrace.operations.matching.rematch import CHUNK_DEALS, Chunk, rematch_next
from dealtrace.operations.try_again import try_again
from dealtrace.operations.what_if.list_outcomes import list_outcomes
from dealtrace.operations.what_if.trial import Trial
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.reports.what_if import Tally
from dealtrace.storage.database.engine import Database
from dealtrace.storage.deals.deals import count_deals, list_ids_after
from dealtrace.storage.id_blocks import IdBlocks


@record
class RematchProgress:
    """How many deals are done, how many of these changed, the id of the last one done, and how many deals there are."""

    deals: int
    changed: int
    last_id: int
    total: int


NOTHING_DONE = RematchProgress(0, 0, 0, 0)


def run_rematch(
    database: Database,
    site: Site,
    now: Callable[[], datetime],
    *,
    after: RematchProgress = NOTHING_DONE,
    user_id: int | None = None,
    read_site: ReadSite | None = None,
) -> Iterator[RematchProgress]:
    """Match a site's deals again, from the ids above `after.last_id`; yield the progress at the start and per chunk.

    Each chunk is a transaction of its own, so a caller that stops iterating stops the run after a chunk. After a
    conflict with another transaction, a chunk is run again. If `read_site` is given, it reads the site's settings
    again before each chunk, and they apply instead of those of `site`. If deals were changed, this is recorded at the
    end as a change of the site.
    """
    with database.read() as connection:
        at = replace(after, total=after.deals + count_deals(connection, site.id, after.last_id))
    yield at

    def rematch_chunk() -> Chunk | None:
        with database.write() as connection:
            current = read_site(connection) if read_site is not None else site
            work = Work(connection, IdBlocks(database.writer), current, now(), user_id=user_id)
            chunk = rematch_next(work, at.last_id)
            if chunk is None and at.changed:
                record_work(work, ChangeKind.PAST, PAST_DEALS, after=str(at.changed))
            return chunk

    while (chunk := try_again(rematch_chunk)) is not None:
        at = RematchProgress(at.deals + chunk.deals, at.changed + chunk.changed, chunk.last_id, at.total)
        yield at


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
            for outcome in list_outcomes(connection, current, trial, ids):
                tally.add(outcome)
        if not ids:
            return
        after_id = ids[-1]
        yield tally, total
