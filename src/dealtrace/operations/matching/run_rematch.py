"""Match all deals of a site again, a chunk of deals at a time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import PAST_DEALS, ChangeKind
from dealtrace.accounts.user import UserId
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.accounts.require_site import ReadSite
from dealtrace.operations.matching.rematch import RematchChunk, rematch_next
from dealtrace.operations.try_again import try_again
from dealtrace.operations.work import Work
from dealtrace.record import record
from dealtrace.storage.database.engine import Database
from dealtrace.storage.deals.deals import count_deals
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
    user_id: UserId | None = None,
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

    def rematch_chunk() -> RematchChunk | None:
        with database.write() as connection:
            current = read_site(connection) if read_site is not None else site
            work = Work(connection, IdBlocks(database.writer), now(), current, user_id=user_id)
            chunk = rematch_next(work, at.last_id)
            if chunk is None and at.changed:
                record_change(work, work.site.id, ChangeKind.PAST, PAST_DEALS, after=str(at.changed))
            return chunk

    while (chunk := try_again(rematch_chunk)) is not None:
        at = RematchProgress(at.deals + chunk.deals, at.changed + chunk.changed, chunk.last_id, at.total)
        yield at
