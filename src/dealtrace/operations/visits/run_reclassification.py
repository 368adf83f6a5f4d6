"""Classify all past visits of a site again, or only count what that would change, a chunk of visitors at a time."""

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.site import Site
from dealtrace.accounts.user import UserId
from dealtrace.attribution.reclassification import Reclassification
from dealtrace.operations.accounts.require_site import ReadSite
from dealtrace.operations.try_again import try_again
from dealtrace.operations.visits.reclassify import (
    VISITS_AT_ONCE,
    begin_reclassification,
    finish_reclassification,
    list_next_visitors,
    reclassify_visitors,
)
from dealtrace.operations.work import Work
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks
from dealtrace.storage.visits.reclassification import count_visits
from dealtrace.storage.visits.visits import count_visits_of_visitors


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
        return try_again(lambda: self._attempt(state))

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
