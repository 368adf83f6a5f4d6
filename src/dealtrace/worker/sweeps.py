"""Delete what nobody needs any more from one site after another; of several processes, only one at a time does so."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from dealtrace import clock
from dealtrace.accounts.site import Site
from dealtrace.leads.file_import import REMEMBERED_FOR
from dealtrace.log import Outage
from dealtrace.operations.mails.deliver import KEPT_FOR as MAILS_KEPT_FOR
from dealtrace.operations.mails.deliver import sweep_mails
from dealtrace.operations.requests import delete_old_requests
from dealtrace.operations.sweeps.claim import LEASE_SHARE, can_be_claimed, claim_sweep
from dealtrace.operations.sweeps.clear_deleted_site import clear_deleted_site, list_sites_to_clear
from dealtrace.operations.sweeps.forget_imports import forget_imports
from dealtrace.operations.webhooks.deliver import KEPT_FOR as DELIVERIES_KEPT_FOR
from dealtrace.operations.webhooks.deliver import sweep_outbox
from dealtrace.operations.work import AnyOperation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.runtime.account_changes import AccountChanges
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.request_journal import site_with_id
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.journals.old_rows import (
    list_sites_with_old_deliveries,
    list_sites_with_old_imports,
    list_sites_with_old_mails,
    list_sites_with_old_requests,
)
from dealtrace.worker.due_sites import SitesInTurn
from dealtrace.worker.expired_forms_and_files import SWEEP_SECONDS
from dealtrace.worker.repeating import BackgroundLoops

HOURLY_SECONDS = 3600.0


@record
class Sweep:
    """A deletion that is run every `period_seconds`, for each site that `list_site_ids` lists.

    `delete` is the operation that deletes; it is repeated for a site until its outcome is false or 0. `payload` returns
    the payload of its commands. `name` is the subject of the events that are logged.
    """

    name: str
    period_seconds: float
    list_site_ids: Callable[[Connection, datetime], Sequence[int]]
    delete: AnyOperation
    payload: Callable[[datetime], object]

    @property
    def lease(self) -> timedelta:
        """Return the time for which one process may sweep before another may take over."""
        return timedelta(seconds=self.period_seconds * LEASE_SHARE)


def sweep_of_requests(kept_days: int) -> Sweep:
    """Return the sweep of the journal of requests; with 0 days, when nothing is journalled, it deletes all requests."""
    kept = timedelta(days=kept_days)
    return Sweep(
        "old_requests",
        SWEEP_SECONDS,
        lambda connection, now: list_sites_with_old_requests(connection, now - kept),
        delete_old_requests,
        lambda now: now - kept,
    )


SWEEPS = (
    Sweep(
        "webhooks",
        HOURLY_SECONDS,
        lambda connection, now: list_sites_with_old_deliveries(connection, now - DELIVERIES_KEPT_FOR),
        sweep_outbox,
        lambda _now: DELIVERIES_KEPT_FOR,
    ),
    Sweep(
        "mails",
        HOURLY_SECONDS,
        lambda connection, now: list_sites_with_old_mails(connection, now - MAILS_KEPT_FOR),
        sweep_mails,
        lambda _now: MAILS_KEPT_FOR,
    ),
    Sweep(
        "old_imports",
        HOURLY_SECONDS,
        lambda connection, now: list_sites_with_old_imports(connection, now - REMEMBERED_FOR),
        forget_imports,
        lambda now: now - REMEMBERED_FOR,
    ),
    Sweep("deleted_sites", SWEEP_SECONDS, list_sites_to_clear, clear_deleted_site, lambda _now: None),
)
"""The sweeps that need no setting."""


class Sweeps:
    """Runs sweeps in a process; `read_pool` must read from the primary database, not from a replica."""

    def __init__(self, read_pool: ReadPool, write_queue: WriteQueue, account_changes: AccountChanges) -> None:
        self._read_pool = read_pool
        self._write_queue = write_queue
        self._account_changes = account_changes
        self._is_stopping = False
        self._sites: list[SitesInTurn] = []
        self._loops = BackgroundLoops()

    def start(self, sweep: Sweep) -> None:
        """Run a sweep at once and then every `period_seconds`."""
        sites = SitesInTurn(self._write_queue)
        self._sites.append(sites)
        outage = Outage(f"{sweep.name}_not_swept", f"{sweep.name}_swept_again")
        self._loops.start(partial(self._run, sweep, sites), sweep.period_seconds, outage)

    async def stop(self) -> None:
        """Stop once the deletion in progress has ended."""
        self._is_stopping = True
        await self._loops.stop()
        for sites in self._sites:
            await sites.stop()

    async def _run(self, sweep: Sweep, sites: SitesInTurn) -> None:
        """Sweep all sites, unless another process does; if nothing is to be deleted, only read.

        Raises:
            Refusal: the database is unavailable, overloaded or locked; the next sweep goes on.
        """
        now, ends_at = clock.now(), time.monotonic() + sweep.lease.total_seconds()
        due = await self._read_pool.read(_list_due, sweep, now)

        async def delete(site: Site) -> None:
            command, is_more = WriteCommand(sweep.payload(now)), True
            while is_more and not self._is_stopping and time.monotonic() < ends_at:
                is_more = bool(await sites.write(sweep.delete, site, command))

        if due:
            is_claimed = await self._account_changes.run(claim_sweep, sweep.name, sweep.lease)
            if is_claimed:
                await sites.serve_each([site_with_id(site_id) for site_id in due], delete)
        sites.raise_first()


def _list_due(connection: Connection, sweep: Sweep, now: datetime) -> Sequence[int]:
    """List the ids of the sites to sweep; none if another process has claimed the sweep."""
    if not can_be_claimed(connection, sweep.name, sweep.lease, now):
        return ()
    return sweep.list_site_ids(connection, now)
