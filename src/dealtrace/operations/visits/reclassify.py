"""Classify the past visits of a site again, in chunks of many visitors, each chunk in its own transaction."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.accounts.user import UserId
from dealtrace.attribution.reclassification import Reclassification, digest_of_hosts, reclassified
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.accounts.require_site import ReadSite
from dealtrace.operations.credit_leads import credit_leads, find_credited, publish_credit_changes
from dealtrace.operations.retry_conflicts import retry_conflicts
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.visits import reclassification, visits
from dealtrace.storage.visits.credits import list_leads_of_visitors, list_matched_visits
from dealtrace.storage.visits.reclassification import count_visits
from dealtrace.storage.visits.traffic_sources import intern_sources
from dealtrace.storage.visits.visits import count_visits_of_visitors

VISITORS_AT_ONCE = 200
VISITS_AT_ONCE = 1000
"""The maximum number of visits in a chunk, which is one transaction; registrations wait for one chunk at most."""


def begin_reclassification(work: Work) -> Reclassification:
    """Return the progress of reclassifying the site's visits; it is reset if the site's hosts have changed."""
    digest = digest_of_hosts(work.site.hosts)
    found = reclassification.find_reclassification(work.connection, work.site.id)
    return found if found is not None and found.hosts_digest == digest else Reclassification(digest, work.now)


def list_next_visitors(work: Work, at: Reclassification) -> list[str]:
    """List the ids of the visitors in the next chunk; the list is empty if all visitors are done."""
    return reclassification.list_next_visitors(
        work.connection,
        work.site.id,
        at.after_visitor,
        visitors_max=VISITORS_AT_ONCE,
        visits_max=VISITS_AT_ONCE,
    )


def reclassify_visitors(work: Work, at: Reclassification, visitor_ids: Sequence[str]) -> Reclassification:
    """Classify all visits of these visitors and divide the credit for their leads again; store and return the progress.

    Webhooks receive the leads that are then credited to a different visit or source.
    """
    lock_registrations(work)
    leads = list_leads_of_visitors(work.connection, work.site.id, visitor_ids)
    before = find_credited(work, leads)
    seen = visits.list_visits_of_visitors(work.connection, work.site.id, visitor_ids)
    changed = [again for visit in seen if (again := reclassified(visit, work.site.hosts)) != visit]
    sources = intern_sources(work.connection, work.ids, work.site.id, {visit.traffic_source for visit in changed})
    visits.update_classification(work.connection, work.site.id, changed, sources)
    credit_leads(work, [*leads, *list_matched_visits(work.connection, work.site.id, visitor_ids)])
    moved = publish_credit_changes(work, leads, before)
    after = at.after(visitor_ids[-1], visits=len(seen), changed=len(changed), moved=len(moved))
    reclassification.upsert_reclassification(work.connection, work.site.id, after)
    return after


def finish_reclassification(work: Work) -> None:
    """Delete the progress of a finished reclassification, so that the next run starts from the beginning.

    If visits were changed, this is recorded as a change to the site.
    """
    found = reclassification.find_reclassification(work.connection, work.site.id)
    if found is not None and found.visits_changed:
        record_change(work, work.site.id, ChangeKind.PAST, "", after=str(found.visits_changed))
    reclassification.delete_reclassification(work.connection, work.site.id)


class _RollBack(Exception):  # noqa: N818 - it is not an error
    """Raised to roll back a chunk of a dry run; `after` is the progress including this chunk."""

    def __init__(self, after: Reclassification) -> None:
        self.after = after


def run_reclassification(
    database: Database,
    site: Site,
    now: Callable[[], datetime],
    *,
    dry_run: bool,
    user_id: UserId | None = None,
    read_site: ReadSite | None = None,
) -> Iterator[tuple[Reclassification, int]]:
    """Reclassify all visits of a site; at the start and after each chunk, yield the progress and the number of visits.

    Each chunk is a transaction of its own, so a caller that stops iterating stops the run after a chunk, and the next
    run continues there. A dry run begins at the first visitor, and rolls each chunk back. The settings are those of
    `site`. If `read_site` is given, it is called for each chunk, and the settings of the site that it returns are used.
    """
    run = _Run(database, site, now, user_id, read_site, dry_run=dry_run)
    with database.read() as connection:
        state = begin_reclassification(run.work(connection))
        if dry_run:
            state = Reclassification(state.hosts_digest, state.started_at)
        total = state.visits + count_visits(connection, site.id, state.after_visitor)
    yield state, total
    while (after := run.next(state)) is not None:
        state = after
        yield state, total
    if not dry_run:
        with database.write() as connection:
            finish_reclassification(run.work(connection))


class _Run:
    """A run of a reclassification, which processes the visitors of a site in chunks."""

    def __init__(
        self,
        database: Database,
        site: Site,
        now: Callable[[], datetime],
        user_id: UserId | None,
        read_site: ReadSite | None,
        *,
        dry_run: bool,
    ) -> None:
        self._database = database
        self._site = site
        self._now = now
        self._user_id = user_id
        self._read_site = read_site or (lambda _connection: site)
        self._dry_run = dry_run
        self._ids = IdBlocks(database.writer)

    def next(self, state: Reclassification) -> Reclassification | None:
        """Process the next visitors; return the new progress, or `None` if none were left. A dry run stores nothing."""
        return retry_conflicts(lambda: self._attempt(state))

    def _attempt(self, state: Reclassification) -> Reclassification | None:
        with self._database.read() as connection:
            visitors = list_next_visitors(self.work(connection), state)
            if not visitors:
                return None
            visits = count_visits_of_visitors(connection, self._site.id, visitors)
        self._ids.ensure(visits + VISITS_AT_ONCE)
        try:
            with self._database.write() as connection:
                after = reclassify_visitors(self.work(connection), state, visitors)
                if self._dry_run:
                    raise _RollBack(after)  # noqa: TRY301 - an exception that leaves the block rolls the transaction back
        except _RollBack as dry:
            return dry.after
        return after

    def work(self, connection: Connection) -> Work:
        """Return the context of an operation in the transaction of `connection`."""
        return Work(connection, self._ids, self._now(), self._read_site(connection), user_id=self._user_id)
